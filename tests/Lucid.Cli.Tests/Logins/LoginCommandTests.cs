using System.Text;
using System.Text.Json;
using Lucid.Cli.Logins;
using Lucid.Cli.Node;
using Lucid.Cli.Tests.Wallets;
using Lucid.Evidence.Keys;

namespace Lucid.Cli.Tests.Logins;

/// <summary>Signing in and out, and the login in the commands after it.</summary>
public sealed class LoginCommandTests
{
    private const string Secret = "bac8dfe678db79adf5607ff928c8886af95ff8fc56dcb3e3d63fb7ff0061f6c3";
    private const string Address = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";

    [Fact]
    public async Task Login_ShowsWhatItSigns_SignsIt_AndKeepsTheLoginForItsOwnerAlone()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();

        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));

        var signed = Assert.Single(door.Signed);
        var message = signed.GetProperty("message").GetString()!;
        Assert.Contains(message, cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(Address, SignerOf(message, signed.GetProperty("signature").GetString()!));
        Assert.StartsWith($"Signed in at {Url(door)} as {Address} (user), until ", cli.Out.ToString(), StringComparison.Ordinal);
        var file = LoginFile(cli, door);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
        Assert.Contains(door.Refresh, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        SaysNoSecret(cli, door);
    }

    [Fact]
    public async Task Login_WithAnyWallet_PrintsTheMessage_AndReadsTheSignature()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();
        cli.Input = new MemoryStream("\n  0xabcd \nmore"u8.ToArray());

        await SucceedsAsync(cli, "login", "--url", Url(door), "--address", Address);

        var signed = Assert.Single(door.Signed);
        Assert.StartsWith(signed.GetProperty("message").GetString()! + Environment.NewLine, cli.Out.ToString(), StringComparison.Ordinal);
        Assert.Equal("0xabcd", signed.GetProperty("signature").GetString());
    }

    [Fact]
    public async Task Login_WhereNoSignatureComes_IsNone()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();

        Assert.Equal(2, await cli.RunAsync("login", "--url", Url(door), "--address", Address));

        Assert.Contains("No signature came on standard input", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Empty(door.Signed);
    }

    [Theory]
    [InlineData("lucid.example", null, "lets its bearer in at lucid.example, so it may be passing on what lucid.example asked of somebody. Nothing was signed. If you mean to sign in at lucid.example: lucid login --url http://lucid.example")]
    [InlineData(null, "Pay 100 to me", "over what is no message for signing in. Nothing was signed.")]
    public async Task Login_WhereTheNodePassesOnSomethingElse_SignsNothing(string? domain, string? instead, string said)
    {
        await using var door = await FakeDoor.StartAsync();
        (door.Domain, door.Instead) = (domain, instead);
        using var cli = WithWallet();

        Assert.Equal(1, await cli.RunAsync("login", "--url", Url(door), "--wallet", cli.File("w"), "--bootstrap", "secret"));

        Assert.Contains(said, cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Empty(door.Signed);
        Assert.False(File.Exists(LoginFile(cli, door)));
    }

    [Theory]
    [InlineData("Who signs in?")]
    [InlineData("are for users without a wallet", "--mail", "ada@example.org", "--address", Address)]
    [InlineData("is not an address of a TRON wallet", "--address", "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUC")]
    [InlineData("cannot be read: there is no such file", "--wallet", "nowhere")]
    [InlineData("has a name before its host, evil.example", "--address", Address, "--url", "https://lucid.example@evil.example")]
    public async Task Login_OfBadInput_IsOneSentence(string said, params string[] arguments)
    {
        using var cli = new CliRun();

        Assert.Equal(2, await cli.RunAsync(["login", .. arguments]));
        Assert.Contains(said, cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_ByMail_ReadsLinkAndCode_AndShowsTheAuthenticatorAndTheRecoveryCodesOnce()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();
        cli.Input = new MemoryStream("lml_link\n\n123 456\n"u8.ToArray());

        await SucceedsAsync(cli, "login", "--url", Url(door), "--mail", "ada@example.org");

        var shown = Assert.Single(door.Signed);
        Assert.Equal(("lml_link", "123 456"), (shown.GetProperty("link").GetString(), shown.GetProperty("code").GetString()));
        Assert.StartsWith($"Signed in at {Url(door)} as mail:ada@example.org", cli.Out.ToString(), StringComparison.Ordinal);
        foreach (var said in (string[])["SECRET32", "otpauth://totp/x", "AAAAA-BBBBB"])
            Assert.Contains(said, cli.Error.ToString(), StringComparison.Ordinal);

        door.HasFactor = true;
        using var again = new CliRun();
        again.Input = new MemoryStream("AAAAA-BBBBB"u8.ToArray());
        await SucceedsAsync(again, "login", "--url", Url(door), "--link", "lml_next");
        Assert.Equal("lml_next", door.Signed[1].GetProperty("link").GetString());
        Assert.DoesNotContain("SECRET32", again.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 recovery code left. To make others: lucid login recovery-codes", again.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RecoveryCodes_AreMadeWithACode_AndPrinted()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));
        await SucceedsAsync(cli, "whoami", "--url", Url(door));
        Assert.Contains("7 left", cli.Out.ToString(), StringComparison.Ordinal);
        cli.Input = new MemoryStream("123 456\n"u8.ToArray());
        await SucceedsAsync(cli, "login", "recovery-codes", "--url", Url(door));
        Assert.Equal("123 456", door.Signed[^1].GetProperty("code").GetString());
        Assert.EndsWith($"CCCCC-DDDDD{Environment.NewLine}EEEEE-FFFFF{Environment.NewLine}", cli.Out.ToString(), StringComparison.Ordinal);

        cli.Input = new MemoryStream();
        Assert.Equal(2, await cli.RunAsync("login", "recovery-codes", "--url", Url(door)));
        Assert.Contains("No code came on standard input", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logins_SayFromWhereEachWasUsedLast_WhereThatIsElsewhere()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));
        await SucceedsAsync(cli, "logins", "--url", Url(door));
        foreach (var said in (string[])["192.0.2.1, then 198.51.100.7", "lucid, this one", "a browser, then curl"])
            Assert.Contains(said, cli.Out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_ByMail_WhereNoCodeComes_IsNone()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = new CliRun();
        Assert.Equal(2, await cli.RunAsync("login", "--url", Url(door), "--link", "lml_link"));
        Assert.Contains("No code came on standard input", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Empty(door.Signed);
    }

    [Fact]
    public async Task Login_OfADamagedFile_IsNamedWithTheCure_WhichMendsIt()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        Directory.CreateDirectory(cli.File("logins"));
        await File.WriteAllTextAsync(LoginFile(cli, door), """{ "access_token": "half""");

        Assert.Equal(2, await cli.RunAsync("whoami", "--url", Url(door)));
        Assert.Equal($"lucid: The login in '{LoginFile(cli, door)}' is damaged; sign in again with: lucid login --url {Url(door)}\n", cli.Error.ToString());

        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));
        await SucceedsAsync(cli, "whoami", "--url", Url(door));
    }

    [Fact]
    public async Task Commands_AtItsUrl_AreTheUsers_AndElsewhereTheOwnersOfTheDirectory()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));
        await File.WriteAllTextAsync(cli.File("token"), "token-of-the-directory");
        await File.WriteAllBytesAsync(cli.File("node.json"), JsonSerializer.SerializeToUtf8Bytes(new NodeNotice(Url(door), 1, null, null, null), NodeJson.Options));

        await SucceedsAsync(cli, "users", "--url", Url(door));
        Assert.Equal(1, await cli.RunAsync("users"));
        Assert.Contains("does not accept the token in its data directory: The token has expired.", cli.Error.ToString(), StringComparison.Ordinal);
        await SucceedsAsync(cli, "whoami");
        cli.Set("LUCID_TOKEN", "token-of-a-program");
        await cli.RunAsync("whoami", "--url", Url(door));

        Assert.Contains($"does not accept the token in LUCID_TOKEN", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal([door.Access, "token-of-the-directory", door.Access, "token-of-a-program"], door.Seen.Where(token => token.Length > 0));
        SaysNoSecret(cli, door, "token-of-the-directory", "token-of-a-program");
    }

    [Fact]
    public async Task Redirection_IsNotFollowed()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));
        door.HasMoved = true;

        Assert.Equal(1, await cli.RunAsync("users", "--url", Url(door)));

        Assert.Contains($"{Url(door)} says that it has moved to https://elsewhere.example: name that with --url, if you trust it.", cli.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_EndsTheLoginThereAndHere()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));

        await SucceedsAsync(cli, "logout", "--url", Url(door));
        Assert.Contains($"is signed out at {Url(door)}.", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal(door.Access, door.Seen[^1]);
        Assert.False(File.Exists(LoginFile(cli, door)));

        await SucceedsAsync(cli, "logout", "--url", Url(door));
        Assert.Contains($"Nobody is signed in at {Url(door)}.", cli.Error.ToString(), StringComparison.Ordinal);
        SaysNoSecret(cli, door);
    }

    [Fact]
    public async Task Logout_OfALoginThatHasEnded_ForgetsIt()
    {
        await using var door = await FakeDoor.StartAsync();
        using var cli = WithWallet();
        await SucceedsAsync(cli, "login", "--url", Url(door), "--wallet", cli.File("w"));
        (door.Believes, door.RefusesToRenew) = (false, ("LUCID_ERR_2010", "It was idle for too long."));

        await SucceedsAsync(cli, "logout", "--url", Url(door));

        Assert.Contains("had ended already", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(LoginFile(cli, door)));
    }

    private static CliRun WithWallet()
    {
        var cli = new CliRun();
        WalletFileTests.Write(cli.File("w"), $"lucid-wallet-v1 {Secret}\n");
        return cli;
    }

    private static string Url(FakeDoor door) => StoredLogin.OriginOf(door.Url);

    private static string LoginFile(CliRun cli, FakeDoor door) => cli.File($"logins/127.0.0.1_{door.Url.Port}.json");

    private static string SignerOf(string message, string signature) => TronAddress.Of(
        RecoverableSignature.Read(Convert.FromHexString(signature), out _)!.Recover(PersonalMessage.Digest("TRON", Encoding.ASCII.GetBytes(message)))!);

    private static void SaysNoSecret(CliRun cli, FakeDoor door, params string[] others)
    {
        foreach (var secret in (string[])[Secret, door.Access, door.Refresh, .. others])
            Assert.DoesNotContain(secret, cli.Out.ToString() + cli.Error, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task SucceedsAsync(CliRun cli, params string[] arguments)
    {
        var code = await cli.RunAsync(arguments);
        Assert.True(code == 0, $"lucid {string.Join(' ', arguments)} ended with {code}:\n{cli.Error}\n{cli.Out}");
    }
}
