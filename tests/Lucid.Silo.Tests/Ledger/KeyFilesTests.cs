using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Ledger;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests.Ledger;

public sealed class KeyFilesTests : IDisposable
{
    private readonly TempFolder _temp = new();

    private string Folder => _temp.Data.Keys;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Open_FirstAndAgain_IsTheSameThreeKeysInFilesOfMode600()
    {
        var first = KeyFiles.Open(Folder, mayCreate: true);
        var again = KeyFiles.Open(Folder, mayCreate: false);
        Assert.Equal(first.Identity.PublicKey, again.Identity.PublicKey);
        Assert.Equal(first.Cosigning.PublicKey, again.Cosigning.PublicKey);
        Assert.Equal(first.Log.PublicKey, again.Log.PublicKey);
        Assert.Equal(3, new[] { first.Identity, first.Cosigning, first.Log }.Select(key => key.PublicKey).Distinct().Count());
        if (OperatingSystem.IsWindows())
            return;
        foreach (var file in Directory.GetFiles(Folder))
            Assert.Equal(DurableFile.OwnerOnly, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Open_AnyByteWrong_IsRefusedAndNamedWithoutShowingTheSeed()
    {
        KeyFiles.Open(Folder, mayCreate: true);
        var file = Path.Combine(Folder, "cosigning");
        var whole = File.ReadAllBytes(file);
        var seed = File.ReadAllLines(file)[2];
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.AsSpan().ToArray();
            damaged[at] ^= 1;
            File.WriteAllBytes(file, damaged);
            var damage = Assert.Throws<LedgerDamagedException>(() => KeyFiles.Open(Folder, mayCreate: true));
            Assert.Equal(file, damage.File);
            Assert.DoesNotContain(seed[..20], damage.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(seed[^20..], damage.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("cosigning")]
    [InlineData("log")]
    public void Open_MissingThoughUsed_IsRefused(string use)
    {
        KeyFiles.Open(Folder, mayCreate: true);
        File.Delete(Path.Combine(Folder, use));
        Assert.EndsWith(use, Assert.Throws<LedgerDamagedException>(() => KeyFiles.Open(Folder, mayCreate: false)).File);
        KeyFiles.Open(Folder, mayCreate: true);
    }

    [Fact]
    public void Open_OneKeyForTwoUses_IsRefused()
    {
        KeyFiles.Open(Folder, mayCreate: true);
        File.Copy(Path.Combine(Folder, "identity"), Path.Combine(Folder, "log"), overwrite: true);
        Assert.Throws<LedgerDamagedException>(() => KeyFiles.Open(Folder, mayCreate: false));
    }

    [Fact]
    public void Open_ReadableByOthers_IsRefusedWithTheCure()
    {
        if (OperatingSystem.IsWindows())
            return;
        KeyFiles.Open(Folder, mayCreate: true);
        File.SetUnixFileMode(Path.Combine(Folder, "identity"), DurableFile.OwnerOnly | UnixFileMode.GroupRead);
        Assert.Contains("chmod 600", Assert.Throws<LedgerDamagedException>(() => KeyFiles.Open(Folder, mayCreate: false)).Message, StringComparison.Ordinal);
    }
}
