using System.Text.Json;
using Lucid.Cli.Wallets;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Tests;

namespace Lucid.Cli.Tests.Wallets;

public sealed class WalletFileTests
{
    private const string Secret = "bac8dfe678db79adf5607ff928c8886af95ff8fc56dcb3e3d63fb7ff0061f6c3";

    [Theory]
    [InlineData(Secret, "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB")]
    [InlineData("fd93db63c57cb7ba0e1c80e0cf1aed32e4551532eca6f37e2b4f2166d0f5a40c", "TG8kzYUD9wmrotYREZaucMK7hj91afW8Lt")]
    [InlineData("d82a4c8239980b103266ca33ea3f861f77f163bad0dd4123e20456d0eb657209", "TWgMeoAqEysZU23FWBHLw26NAdQQA6sJLz")]
    public async Task Address_OfAKey_IsTheOneThatWalletsShow(string secret, string address)
    {
        using var cli = new CliRun();
        Write(cli.File("w"), $"lucid-wallet-v1 {secret}\n");

        Assert.True(await cli.RunAsync("wallet", "address", cli.File("w")) == 0, cli.Error.ToString());
        Assert.Equal(address + Environment.NewLine, cli.Out.ToString());
        Assert.True(TronAddress.Is(address));
    }

    [Fact]
    public void Address_OfEveryAccountOfTheVectors_IsTheirs()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find("tron.json")));
        VectorFolder.RunAll(
            vectors.RootElement.GetProperty("accounts").EnumerateArray().ToList(),
            account => account.GetProperty("base58").GetString()!,
            account => Assert.Equal(
                account.GetProperty("base58").GetString(),
                TronAddress.Of(new Secp256k1PrivateKey(Convert.FromHexString(account.GetProperty("pk").GetString()!)).PublicKey)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUC")]
    [InlineData("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")]
    [InlineData("taf1jqdpnh4odq97ehd7flnokmqjqgazub")]
    public void Text_ThatIsNoAddress_IsNone(string text) => Assert.False(TronAddress.Is(text));

    [Fact]
    public async Task New_IsForItsOwnerAlone_AndOpensAgain()
    {
        using var cli = new CliRun();

        Assert.True(await cli.RunAsync("wallet", "new", cli.File("w")) == 0, cli.Error.ToString());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(cli.File("w")));
        var address = cli.Out.ToString().Trim();
        Assert.True(TronAddress.Is(address), address);
        Assert.Equal(address, TronAddress.Of(WalletFile.Open(cli.File("w")).PublicKey));
        var line = await File.ReadAllTextAsync(cli.File("w"));
        Assert.Matches("^lucid-wallet-v1 [0-9a-f]{64}\n$", line);
        Assert.DoesNotContain(line[16..^1], cli.Error.ToString() + cli.Out, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task New_WhereAFileIs_LeavesItAsItIs()
    {
        using var cli = new CliRun();
        var before = "something"u8.ToArray();

        Assert.Equal(2, await cli.RunAsync("wallet", "new", cli.File("w", before)));

        Assert.Contains("exists already, and a wallet is never overwritten", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(cli.File("w")));
        Assert.Empty(cli.Out.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("lucid-wallet-v1 ")]
    [InlineData("lucid-wallet-v2 " + Secret + "\n")]
    [InlineData("lucid-wallet-v1  " + Secret + "\n")]
    [InlineData("lucid-wallet-v1 " + Secret + "\n\n")]
    [InlineData("lucid-wallet-v1 " + Secret + " \n")]
    [InlineData("lucid-wallet-v1 BAC8DFE678DB79ADF5607FF928C8886AF95FF8FC56DCB3E3D63FB7FF0061F6C3\n")]
    // No key: nought, and the curve's order.
    [InlineData("lucid-wallet-v1 0000000000000000000000000000000000000000000000000000000000000000\n")]
    [InlineData("lucid-wallet-v1 fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141\n")]
    [InlineData(Secret)]
    public void Open_OfAnythingElse_IsRefused_AndRepeatsNothingOfIt(string content)
    {
        using var cli = new CliRun();
        Write(cli.File("w"), content);

        var refused = Assert.Throws<CliException>(() => WalletFile.Open(cli.File("w")));

        Assert.Contains("is no wallet", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret[..8], refused.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Open_OfOneWithoutItsLineBreak_IsTheSame()
    {
        using var cli = new CliRun();
        Write(cli.File("w"), $"lucid-wallet-v1 {Secret}");
        Assert.Equal("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", TronAddress.Of(WalletFile.Open(cli.File("w")).PublicKey));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Open_OfOneThatOthersMayUse_IsRefused_WithTheCure(UnixFileMode others)
    {
        using var cli = new CliRun();
        Write(cli.File("w"), $"lucid-wallet-v1 {Secret}\n");
        File.SetUnixFileMode(cli.File("w"), UnixFileMode.UserRead | UnixFileMode.UserWrite | others);

        Assert.EndsWith($"chmod 600 {cli.File("w")}", Assert.Throws<CliException>(() => WalletFile.Open(cli.File("w"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfNone_IsOneSentence()
    {
        Assert.Equal("The wallet '/nonexistent/w' cannot be read: there is no such folder.", Assert.Throws<CliException>(() => WalletFile.Open("/nonexistent/w")).Message);
    }

    internal static void Write(string path, string content)
    {
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
