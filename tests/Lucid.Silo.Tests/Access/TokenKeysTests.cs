using Lucid.Silo.Access;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Tests.Access;

public sealed class TokenKeysTests : IDisposable
{
    private static readonly DateTimeOffset _from = new(2026, 1, 31, 12, 0, 0, 500, TimeSpan.Zero);

    private readonly TempFolder _temp = new();

    private string Folder => _temp.Data.TokenKeys;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Open_First_HasNoKeys_AndThoseThatAreAddedAreThereAgain_InTheOrderInWhichTheySign()
    {
        using var keys = TokenKeys.Open(_temp.Data);
        Assert.Empty(keys.All);
        var later = keys.Add(_from.AddDays(30));
        var first = keys.Add(_from);
        Assert.Equal([first, later], keys.All);
        using var again = TokenKeys.Open(_temp.Data);
        Assert.Equal(keys.All.Select(key => (key.SignsFrom, key.Signer.PublicKey)), again.All.Select(key => (key.SignsFrom, key.Signer.PublicKey)));
        Assert.Equal(_from.AddMilliseconds(-500), again.All[0].SignsFrom);
        foreach (var file in Directory.GetFiles(Folder))
            Assert.Equal(DurableFile.OwnerOnly, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Remove_AKey_DestroysIt()
    {
        using var keys = TokenKeys.Open(_temp.Data);
        var (first, second) = (keys.Add(_from), keys.Add(_from.AddDays(30)));
        keys.Remove(first);
        Assert.Equal([second], keys.All);
        using var again = TokenKeys.Open(_temp.Data);
        Assert.Equal(second.Signer.PublicKey, Assert.Single(again.All).Signer.PublicKey);
    }

    [Fact]
    public void Open_AnyByteWrong_IsRefusedByName_WithTheCure_AndNothingOfTheKey()
    {
        var file = Make();
        var whole = File.ReadAllBytes(file);
        var secret = File.ReadAllLines(file)[1];
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.AsSpan().ToArray();
            damaged[at] ^= 1;
            File.WriteAllBytes(file, damaged);
            Refused(file, "the next start makes a new one", secret);
            File.WriteAllBytes(file, whole[..at]);
            Refused(file, "the next start makes a new one", secret);
        }
        File.WriteAllBytes(file, [.. whole, (byte)'\n']);
        Refused(file, "the next start makes a new one", secret);
        File.WriteAllBytes(file, whole);
        TokenKeys.Open(_temp.Data).Dispose();
    }

    [Fact]
    public void Open_TwoKeysThatChangedPlaces_IsRefused()
    {
        var (one, other) = (Make(), Make());
        File.Copy(one, other, overwrite: true);
        Refused(other, "another key than its name says");
    }

    [Theory]
    [InlineData("key.pem")]
    [InlineData("1.short.pem")]
    [InlineData("01.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.pem")]
    [InlineData("99999999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.pem")]
    public void Open_AFileOfAnotherName_IsRefused(string name)
    {
        Make();
        var stranger = Path.Combine(Folder, name);
        File.WriteAllText(stranger, "");
        Refused(stranger, "Move it elsewhere");
    }

    [Fact]
    public void Open_ReadableByOthers_IsRefusedWithTheCure()
    {
        var file = Make();
        File.SetUnixFileMode(file, DurableFile.OwnerOnly | UnixFileMode.OtherRead);
        Refused(file, "chmod 600");
    }

    [Fact]
    public void Open_WhatACrashLeftUnfinished_IsTakenAway()
    {
        Make();
        var unfinished = Path.Combine(Folder, $"1.2{DurableFile.UnfinishedSuffix}");
        File.WriteAllText(unfinished, "-----BEGIN");
        TokenKeys.Open(_temp.Data).Dispose();
        Assert.False(File.Exists(unfinished));
    }

    [Fact]
    public void Open_MoreFilesThanAnybodyMade_IsRefused()
    {
        Make();
        for (var i = 0; i < 100; i++)
            File.WriteAllText(Path.Combine(Folder, $"{i}"), "");
        Assert.Contains("at most 100", Assert.Throws<InvalidDataException>(() => TokenKeys.Open(_temp.Data)).Message, StringComparison.Ordinal);
    }

    private string Make()
    {
        using var keys = TokenKeys.Open(_temp.Data);
        var key = keys.Add(_from).Signer.PublicKey.KeyId;
        return Directory.GetFiles(Folder).Single(file => file.Contains(key, StringComparison.Ordinal));
    }

    private void Refused(string file, string cure, string? secret = null)
    {
        var refused = Assert.Throws<InvalidDataException>(() => TokenKeys.Open(_temp.Data));
        Assert.StartsWith(file, refused.Message, StringComparison.Ordinal);
        Assert.Contains(cure, refused.Message, StringComparison.Ordinal);
        if (secret is not null)
            Assert.DoesNotContain(secret[..20], refused.ToString(), StringComparison.Ordinal);
    }
}
