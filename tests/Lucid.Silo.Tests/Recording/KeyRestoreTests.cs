using Lucid.Evidence;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Hosting;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class KeyRestoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<Guid> _sessions = [.. Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7())];
    private readonly List<byte[]> _keys;
    private readonly string _backup;

    public KeyRestoreTests()
    {
        var ring = KeyRing.Open(_folder.Data);
        _keys = [.. _sessions.Select(session => ring.OpenOrCreate(session).Key.Export())];
        ring.Rotate();
        _backup = Path.Combine(_folder.Data.Root, "recovery.key");
        File.WriteAllBytes(_backup, ring.ExportRecoveryKey(Hash256.Zero));
    }

    private string Ring => KeyRingFile.PathIn(_folder.Data);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("missing")]
    [InlineData("damaged")]
    [InlineData("whole")]
    public void Restore_OpensEverySessionAgain_AndCanBeRepeated(string how)
    {
        Lose(how);
        for (var round = 0; round < 2; round++)
        {
            var (code, said, error) = Run();
            Assert.True(code == 0, error);
            Assert.Contains("opens 5 session keys", said, StringComparison.Ordinal);
            AssertAllOpen();
            Assert.Contains(round == 0 && how != "whole" ? "5 were wrapped anew" : "0 were wrapped anew", said, StringComparison.Ordinal);
        }
        Assert.Equal(how == "whole" ? "recorder-2" : "recorder-3", KeyRing.Open(_folder.Data).Current);
        Assert.True(KeyRing.Open(_folder.Data).IsBackedUp);
    }

    [Fact]
    public void Restore_ThatWasCutShort_LeavesEverySessionReadable_AndFinishesWhenRepeated()
    {
        Lose("missing");
        var before = _sessions.Select(session => File.ReadAllBytes(WrappedKey.PathIn(_folder.Data, session))).ToList();
        Assert.Equal(0, Run().Code);
        // What a kill after the ring and some sessions leaves: the other sessions are still wrapped as they were.
        foreach (var i in new[] { 1, 3, 4 })
            File.WriteAllBytes(WrappedKey.PathIn(_folder.Data, _sessions[i]), before[i]);
        AssertAllOpen();
        Assert.Contains("3 were wrapped anew", Run().Said, StringComparison.Ordinal);
        AssertAllOpen();
    }

    [Fact]
    public void Restore_WithAnotherNodesKey_ChangesNothing()
    {
        using var other = new TempFolder();
        File.WriteAllBytes(_backup, KeyRing.Open(other.Data).ExportRecoveryKey(Hash256.Zero));
        Lose("damaged");
        var before = Contents();
        var (code, _, error) = Run();
        Assert.Equal(2, code);
        Assert.Contains("opens none of the 5 session keys", error, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Restore_WithADamagedRecoveryKey_NamesTheFileAndQuotesNothing_AndChangesNothing()
    {
        Lose("missing");
        var before = Contents();
        var lines = File.ReadAllLines(_backup);
        foreach (var text in (string[])["", "x", $"{lines[0]}\n{lines[1]}\n{lines[2][1..]}\n", $"{lines[0]}\n{lines[1]}\n{lines[2]}\nmore\n"])
        {
            File.WriteAllText(_backup, text);
            var (code, _, error) = Run();
            Assert.Equal(2, code);
            Assert.Contains(_backup, error, StringComparison.Ordinal);
            Assert.DoesNotContain(lines[2][1..9], error, StringComparison.Ordinal);
        }
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Restore_LeavesErasedSessionsErased_AndNamesDamagedOnes()
    {
        KeyRing.Open(_folder.Data).Destroy(_sessions[0]);
        var damaged = WrappedKey.PathIn(_folder.Data, _sessions[1]);
        File.WriteAllText(damaged, "x");
        Lose("missing");
        var (code, said, error) = Run();
        Assert.Equal(1, code);
        Assert.Contains(damaged, error, StringComparison.Ordinal);
        Assert.Contains("opens 3 session keys", said, StringComparison.Ordinal);
        Assert.Throws<KeyErasedException>(() => KeyRing.Open(_folder.Data).Get(_sessions[0]));
    }

    [Fact]
    public void Restore_UnderARunningNode_IsRefused()
    {
        using var held = NodeLock.Take(_folder.Data);
        var (code, _, error) = Run();
        Assert.Equal(2, code);
        Assert.Contains("is in use", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_WithoutSessionKeys_SaysWhatIsMissing()
    {
        Directory.Delete(WrappedKey.FolderIn(_folder.Data), recursive: true);
        var (code, _, error) = Run();
        Assert.Equal(2, code);
        Assert.Contains("keys/sessions is missing", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("damaged")]
    public void Open_WithoutAGoodRing_NamesTheFileAndTheCommand_AndMakesNoNewOne(string how)
    {
        Lose(how);
        var before = Contents();
        var message = Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)).Message;
        Assert.Contains(Ring, message, StringComparison.Ordinal);
        Assert.Contains($"lucid keys restore FILE --data '{_folder.Data.Root}'", message, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void Open_WithoutRingAndSessionKeysButWithAStore_MakesNoNewOne()
    {
        Lose("missing");
        Directory.Delete(WrappedKey.FolderIn(_folder.Data), recursive: true);
        File.WriteAllText(_folder.Data.GrainStore, "x");
        Assert.Contains(Ring, Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Ring));
    }

    private void Lose(string how)
    {
        if (how == "missing")
            File.Delete(Ring);
        else if (how == "damaged")
            File.WriteAllText(Ring, File.ReadAllText(Ring)[..40]);
    }

    private void AssertAllOpen()
    {
        var ring = KeyRing.Open(_folder.Data);
        Assert.Equal(_keys, _sessions.Select(session => ring.Get(session).Export()));
        if (OperatingSystem.IsWindows())
            return;
        foreach (var file in Directory.GetFiles(_folder.Data.Keys, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("backed-up", StringComparison.Ordinal)))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    private Dictionary<string, string> Contents() => Directory.EnumerateFiles(_folder.Data.Keys, "*", SearchOption.AllDirectories)
        .ToDictionary(path => path, File.ReadAllText, StringComparer.Ordinal);

    private (int Code, string Said, string Error) Run()
    {
        using var said = new StringWriter();
        using var error = new StringWriter();
        return (KeyRestoreCommand.Run([_backup, "--data", _folder.Data.Root], said, error), said.ToString(), error.ToString());
    }
}
