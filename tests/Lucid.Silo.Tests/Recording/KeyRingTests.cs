using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

public sealed class KeyRingTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Guid _session = Guid.CreateVersion7();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenOrCreate_Again_AndAfterARestart_IsTheSameKey()
    {
        var ring = KeyRing.Open(_folder.Data);
        var (first, salt) = ring.OpenOrCreate(_session);
        Assert.Equal(first.Export(), ring.OpenOrCreate(_session).Key.Export());
        var (again, sameSalt) = KeyRing.Open(_folder.Data).OpenOrCreate(_session);
        Assert.Equal((first.Commitment(_session), salt), (again.Commitment(_session), sameSalt));
    }

    [Fact]
    public void Files_AreForTheirOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
            return;
        KeyRing.Open(_folder.Data).OpenOrCreate(_session);
        foreach (var file in Directory.EnumerateFiles(_folder.Data.Keys, "*", SearchOption.AllDirectories))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Destroy_LeavesNoWrapper_AndSaysSo()
    {
        var ring = KeyRing.Open(_folder.Data);
        ring.OpenOrCreate(_session);
        ring.Destroy(_session);
        ring.Destroy(_session);
        Assert.Throws<KeyErasedException>(() => ring.Get(_session));
        Assert.Empty(Directory.EnumerateFiles(_folder.Data.Keys, "*.key", SearchOption.AllDirectories));
    }

    [Fact]
    public void Accept_TheSameAgain_ChangesNothing_AndARestartFindsIt()
    {
        var ring = KeyRing.Open(_folder.Data);
        using var key = SessionKey.Generate();
        var salt = Hash256.Of("salt"u8);
        ring.Accept(_session, key, salt);
        var stored = File.ReadAllBytes(ring.FileOf(_session));
        ring.Accept(_session, key, salt);
        Assert.Equal(stored, File.ReadAllBytes(ring.FileOf(_session)));
        foreach (var (opened, openedSalt) in new[] { ring.Open(_session), ring.OpenOrCreate(_session), KeyRing.Open(_folder.Data).Open(_session) })
            Assert.Equal((Convert.ToHexString(key.Export()), salt), (Convert.ToHexString(opened.Export()), openedSalt));
        // Wrapped like one's own: a rotation takes it along.
        Assert.Equal(1, ring.Rotate());
        Assert.Equal(key.Export(), ring.Get(_session).Export());
    }

    [Fact]
    public void Accept_AnotherKeyOrSalt_IsRefused_AndTheFirstStays()
    {
        var ring = KeyRing.Open(_folder.Data);
        var (key, salt) = ring.OpenOrCreate(_session);
        using var other = SessionKey.Generate();
        foreach (var refused in (Action[])[() => ring.Accept(_session, other, salt), () => ring.Accept(_session, key, Hash256.Zero)])
            Assert.Contains(ring.FileOf(_session), Assert.Throws<KeyDamagedException>(refused).Message, StringComparison.Ordinal);
        Assert.Equal(key.Export(), ring.Get(_session).Export());
    }

    [Fact]
    public void Open_WhatWasNeverHereOrIsErased_SaysSo_AndMakesNone()
    {
        var ring = KeyRing.Open(_folder.Data);
        Assert.Throws<KeyErasedException>(() => ring.Open(_session));
        Assert.Empty(ring.Sessions());
        using var key = SessionKey.Generate();
        ring.Accept(_session, key, Hash256.Zero);
        Assert.Equal([_session], ring.Sessions());
        ring.Destroy(_session);
        Assert.Throws<KeyErasedException>(() => ring.Open(_session));
    }

    [Fact]
    public void Rotate_WrapsEverySessionUnderANewKey_AndForgetsTheOld()
    {
        var ring = KeyRing.Open(_folder.Data);
        var sessions = Enumerable.Range(0, 20).Select(_ => Guid.CreateVersion7()).ToList();
        var keys = sessions.Select(session => ring.OpenOrCreate(session).Key.Export()).ToList();
        Assert.Equal(20, ring.Rotate());
        Assert.Equal("recorder-2", ring.Current);
        var reopened = KeyRing.Open(_folder.Data);
        Assert.Equal(keys, sessions.Select(session => reopened.Get(session).Export()));
        Assert.DoesNotContain("recorder-1", File.ReadAllText(Path.Combine(_folder.Data.Keys, "ring")), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterARotationThatACrashCutShort_FinishesIt()
    {
        var ring = KeyRing.Open(_folder.Data);
        var key = ring.OpenOrCreate(_session).Key.Export();
        // What a crash right after the new key was saved leaves: both keys, and the session wrapped under the old one.
        var file = Path.Combine(_folder.Data.Keys, "ring");
        var lines = File.ReadAllLines(file).SkipLast(1).ToList();
        lines[0] = "lucid.key-ring/1";
        lines[1] = "3";
        lines.InsertRange(4, ["recorder-2", new string('a', 64)]);
        File.WriteAllText(file, string.Join('\n', lines) + "\n");
        var reopened = KeyRing.Open(_folder.Data);
        Assert.Equal("recorder-2", reopened.Current);
        Assert.Equal(key, reopened.Get(_session).Export());
        Assert.DoesNotContain("recorder-1", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void RecoveryKey_OpensEverySession()
    {
        var ring = KeyRing.Open(_folder.Data);
        var key = ring.OpenOrCreate(_session).Key.Export();
        Assert.False(ring.IsBackedUp);
        var backup = System.Text.Encoding.ASCII.GetString(ring.ExportRecoveryKey(Hash256.Zero)).Split('\n');
        Assert.True(KeyRing.Open(_folder.Data).IsBackedUp);
        var file = Directory.EnumerateFiles(_folder.Data.Keys, "*.key", SearchOption.AllDirectories).Single();
        var wrapper = File.ReadAllLines(file).SkipWhile(line => line != "recovery").ElementAt(1);
        Assert.Equal(key, KeyWrap.Unwrap(Convert.FromHexString(backup[2]), Convert.FromHexString(wrapper)));
    }

    [Theory]
    [InlineData("lucid.key-ring/3\n2\n")]
    [InlineData("lucid.key-ring/1\n1\nrecovery\n")]
    [InlineData("")]
    public void Open_ADamagedRing_NamesTheFile(string content)
    {
        KeyRing.Open(_folder.Data);
        var file = Path.Combine(_folder.Data.Keys, "ring");
        File.WriteAllText(file, content);
        Assert.Contains(file, Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Open_ADamagedRing_NamesTheLine_AndNoDigitOfAKey(int lost)
    {
        KeyRing.Open(_folder.Data);
        var file = Path.Combine(_folder.Data.Keys, "ring");
        var lines = File.ReadAllLines(file);
        // A lost line shifts a key to where a name or an end is expected; a lost digit spoils the key itself.
        File.WriteAllText(file, string.Join('\n', lines.Where((_, i) => i != lost)) + "\n");
        AssertQuotesNothing(Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)), file, lines);
        File.WriteAllText(file, string.Join('\n', lines.Select((line, i) => i == lost ? line[1..] : line)) + "\n");
        if (lost is 3 or 5)
            AssertQuotesNothing(Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)), file, lines);
    }

    [Fact]
    public void Get_OfADamagedWrappedKey_QuotesNothingOfIt()
    {
        var ring = KeyRing.Open(_folder.Data);
        ring.OpenOrCreate(_session);
        var file = Directory.EnumerateFiles(_folder.Data.Keys, "*.key", SearchOption.AllDirectories).Single();
        var lines = File.ReadAllLines(file);
        // A lost line shifts the other wrapper to where a name is expected.
        File.WriteAllText(file, string.Join('\n', lines.Where((_, i) => i != 5)) + "\n");
        AssertQuotesNothing(Assert.Throws<KeyDamagedException>(() => ring.Get(_session)), file, lines);
    }

    [Fact]
    public void Open_ARingThatOthersMayRead_Refuses()
    {
        if (OperatingSystem.IsWindows())
            return;
        KeyRing.Open(_folder.Data);
        var file = Path.Combine(_folder.Data.Keys, "ring");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrappedKeysLeftUnfinished_AreGoneAfterOpen_AndAfterDestroy()
    {
        var ring = KeyRing.Open(_folder.Data);
        ring.OpenOrCreate(_session);
        var left = Directory.EnumerateFiles(_folder.Data.Keys, "*.key", SearchOption.AllDirectories).Single() + ".1-1.unfinished";
        File.WriteAllText(left, "x");
        ring = KeyRing.Open(_folder.Data);
        Assert.False(File.Exists(left));
        File.WriteAllText(left, "x");
        ring.Destroy(_session);
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(left)!));
    }

    [Fact]
    public void Open_ARingWithAFlippedDigit_Refuses()
    {
        KeyRing.Open(_folder.Data);
        var file = Path.Combine(_folder.Data.Keys, "ring");
        var text = File.ReadAllText(file);
        for (var at = 0; at < text.Length; at++)
        {
            File.WriteAllText(file, $"{text[..at]}{(char)(text[at] ^ 1)}{text[(at + 1)..]}");
            Assert.Contains(file, Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data)).Message, StringComparison.Ordinal);
        }
    }

    // A digit that became another one, none, or a byte that is no text.
    [Theory]
    [InlineData(0x01)]
    [InlineData(0x40)]
    [InlineData(0x80)]
    public void Get_WithOneWrapperDamaged_TakesTheOther_AndWithBothNamesTheFile(byte mask)
    {
        var ring = KeyRing.Open(_folder.Data);
        var key = ring.OpenOrCreate(_session).Key.Export();
        var file = ring.FileOf(_session);
        Flip(line: 5);
        Assert.Equal(key, ring.Get(_session).Export());
        Flip(line: 7);
        Assert.Contains(file, Assert.Throws<KeyDamagedException>(() => ring.Get(_session)).Message, StringComparison.Ordinal);

        void Flip(int line)
        {
            var bytes = File.ReadAllBytes(file);
            var at = 0;
            for (; line > 0; line--)
                at = Array.IndexOf(bytes, (byte)'\n', at) + 1;
            bytes[at] ^= mask;
            File.WriteAllBytes(file, bytes);
        }
    }

    [Fact]
    public void Get_OfAFileThatHoldsAnotherSessionsKey_IsRefused()
    {
        var ring = KeyRing.Open(_folder.Data);
        var other = Guid.CreateVersion7();
        ring.OpenOrCreate(_session);
        ring.OpenOrCreate(other);
        File.Copy(ring.FileOf(other), ring.FileOf(_session), overwrite: true);
        Assert.Contains("another session", Assert.Throws<KeyDamagedException>(() => ring.Get(_session)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rotate_WithADamagedSessionKey_KeepsTheOldKey_AndFinishesOnceTheFileIsBack()
    {
        var ring = KeyRing.Open(_folder.Data);
        var key = ring.OpenOrCreate(_session).Key.Export();
        var well = Guid.CreateVersion7();
        ring.OpenOrCreate(well);
        var file = ring.FileOf(_session);
        var good = File.ReadAllBytes(file);
        File.WriteAllText(file, "x");
        Assert.Contains(file, Assert.Throws<KeyDamagedException>(() => ring.Rotate()).Message, StringComparison.Ordinal);
        ring = KeyRing.Open(_folder.Data);
        _ = ring.Get(well);
        File.WriteAllBytes(file, good);
        ring = KeyRing.Open(_folder.Data);
        Assert.Equal(key, ring.Get(_session).Export());
        Assert.DoesNotContain("recorder-1", File.ReadAllText(Path.Combine(_folder.Data.Keys, "ring")), StringComparison.Ordinal);
    }

    private static void AssertQuotesNothing(Exception refused, string file, string[] lines)
    {
        Assert.Contains($"{file} is damaged in line ", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.InnerException);
        foreach (var key in lines.Where(line => line.Length >= 64))
            Assert.DoesNotContain(key[1..9], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithSessionsButNoRing_RefusesToMakeANewOne()
    {
        KeyRing.Open(_folder.Data).OpenOrCreate(_session);
        File.Delete(Path.Combine(_folder.Data.Keys, "ring"));
        Assert.Throws<MalformedException>(() => KeyRing.Open(_folder.Data));
    }
}
