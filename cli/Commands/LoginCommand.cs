using System.CommandLine;
using Lucid.Cli.Logins;
using Lucid.Cli.Logins.Page;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Wallets;
using Lucid.Evidence.Keys;

namespace Lucid.Cli.Commands;

/// <summary>lucid login: signs in at a node, with a wallet in a file or with any other.</summary>
internal sealed class LoginCommand : CliCommand
{
    private const string NotAdmitted = "LUCID_ERR_2024";

    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;
    private readonly Option<string?> _wallet = new("--wallet") { Description = "Sign with this wallet, which `lucid wallet new` made", HelpName = "FILE" };

    private readonly Option<string?> _address = new("--address")
    {
        Description = "Sign with any other wallet: prints what it is to sign, and reads the signature from standard input",
        HelpName = "ADDRESS",
    };

    private readonly Option<bool> _browser = new("--browser") { Description = "Sign with the wallet of a browser: opens a page on this machine, or says where it is" };

    private readonly Option<string?> _mail = new("--mail")
    {
        Description = "Sign in without a wallet: has a link mailed there, and reads it and the code of an authenticator from standard input",
        HelpName = "ADDRESS",
    };

    private readonly Option<string?> _link = new("--link") { Description = "The link from such a mail", HelpName = "LINK" };

    private readonly Option<string?> _bootstrap = new("--bootstrap")
    {
        Description = "Become the first super administrator, with the secret that the first start of the node has said",
        HelpName = "SECRET",
    };

    public LoginCommand(Surroundings surroundings, NodeOptions node) : base(
        "login", "Sign in at a node. Commands with the same --url are yours from then on, until `lucid logout`, or until 30 to 45 minutes have passed without one.",
        "lucid login --url https://lucid.example --wallet me.wallet",
        "lucid login --url https://lucid.example --address TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB   sign the message with signMessageV2 of any wallet",
        "lucid login --url https://lucid.example --browser                                      with TronLink or another wallet of a browser",
        "lucid login --url https://lucid.example --mail ada@example.org                         without a wallet",
        "lucid login recovery-codes --url https://lucid.example                                 other recovery codes for one who has none",
        "lucid login --url http://127.0.0.1:8080 --wallet me.wallet --bootstrap SECRET          the first of all")
    {
        _surroundings = surroundings;
        _node = node;
        Add(_wallet);
        Add(_address);
        Add(_browser);
        Add(_mail);
        Add(_link);
        Add(_bootstrap);
        Add(new RecoveryCodesCommand(surroundings, node));
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (mail, link) = (parsed.GetValue(_mail), parsed.GetValue(_link));
        var isByMail = mail is not null || link is not null;
        var isByBrowser = parsed.GetValue(_browser);
        if (isByMail && (isByBrowser || (parsed.GetValue(_wallet) ?? parsed.GetValue(_address) ?? parsed.GetValue(_bootstrap)) is not null))
            throw new CliException("--mail and --link are for users without a wallet: leave --wallet, --address, --browser and --bootstrap away, or those two.");
        if (isByBrowser && (parsed.GetValue(_wallet) ?? parsed.GetValue(_address)) is not null)
            throw new CliException("--browser asks the wallet of the browser who signs: leave --wallet and --address away, or --browser.");
        var key = parsed.GetValue(_wallet) is { } file ? WalletFile.Open(file) : null;
        var address = isByMail || isByBrowser ? null : AddressOf(key, parsed.GetValue(_address));
        await using var connection = await _node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.Nobody);
        var (url, auth) = (connection.Client.Locate().Url, connection.Client.Auth);
        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
            _surroundings.Note($"{StoredLogin.OriginOf(url)} is not encrypted: whoever is on the way can take the login. Use https, unless you know that nobody is.");
        var answer = isByMail ? await new MailLogin(_surroundings, auth).SignInAsync(mail, link, cancellation)
            : await SignInAsync(auth, await SignAsync(auth, url, key, address, cancellation), parsed.GetValue(_bootstrap), cancellation);
        var login = StoredLogin.Of(url, answer, _surroundings.Clock.GetUtcNow());
        await StoreAsync(url, login);
        _surroundings.Out.WriteLine(
            $"Signed in at {login.Origin} as {login.UserId} ({login.Role}), until {Plain.Moment(login.RefreshExpiresAt)} if it is used meanwhile.");
        return ExitCode.Ok;
    }

    /// <param name="address">Whose wallet signs; null for that of a browser.</param>
    private async Task<LoginRequest> SignAsync(AuthClient auth, Uri url, Secp256k1PrivateKey? key, string? address, CancellationToken cancellation)
    {
        if (address is null)
        {
            using var page = WalletPage.Start();
            Browser.Open(page.Url, _surroundings);
            var signed = await page.SignAsync((wallet, token) => ChallengeAsync(auth, url, wallet, token), cancellation);
            return new LoginRequest(signed.Challenge.Address, signed.Challenge.Text, signed.Signature);
        }
        var challenge = await ChallengeAsync(auth, url, address, cancellation);
        Show(challenge, askForSignature: key is null);
        var signature = key is not null ? challenge.Sign(key) : await ReadSignatureAsync(cancellation);
        return new LoginRequest(address, challenge.Text, signature);
    }

    private static string AddressOf(Secp256k1PrivateKey? key, string? named)
    {
        if (key is null && named is null)
            throw new CliException("Who signs in? Name a wallet with --wallet FILE (`lucid wallet new FILE` makes one), that of a browser with --browser, the address of any other with --address, or a mailbox with --mail.");
        if (named is not null && !TronAddress.Is(named))
            throw new CliException($"--address '{named}' is not an address of a TRON wallet: one has 34 characters and begins with T; copy it from the wallet whole.");
        if (key is null)
            return named!;
        var own = TronAddress.Of(key.PublicKey);
        return named is null || named == own ? own : throw new CliException($"--address is {named}, and the wallet's is {own}; leave --address away.");
    }

    /// <exception cref="CliException">What the node would have signed must not be.</exception>
    private async Task<LoginChallenge> ChallengeAsync(AuthClient auth, Uri url, string address, CancellationToken cancellation)
    {
        try
        {
            return await auth.GetChallengeAsync(address, cancellation: cancellation);
        }
        catch (ChallengeException e)
        {
            var cure = "";
            // Whatever else it may be is not shown: it could be written so that it looks harmless.
            if (e.Challenge is { } challenge)
            {
                Show(challenge, askForSignature: false);
                if (challenge.Domain != LoginChallenge.DomainOf(url))
                    cure = $" If you mean to sign in at {challenge.Domain}: lucid login --url {(url.IsLoopback ? url.Scheme : "https")}://{challenge.Domain}";
            }
            throw new CliException(e.Message + cure, e, ExitCode.CheckFailed);
        }
    }

    private void Show(LoginChallenge challenge, bool askForSignature)
    {
        if (askForSignature)
        {
            _surroundings.Note("Sign these four lines as they are with signMessageV2 of the wallet, without a line break behind the last, and enter the signature here (130 hexadecimal digits):");
            _surroundings.Out.WriteLine(challenge.Text);
            _surroundings.Out.Flush();
        }
        else
        {
            _surroundings.Note(challenge.Text);
        }
    }

    private async Task<string> ReadSignatureAsync(CancellationToken cancellation)
    {
        using var input = new InputLines(_surroundings);
        return await input.ReadAsync("signature", cancellation);
    }

    private static async Task<LoginAnswer> SignInAsync(AuthClient auth, LoginRequest signed, string? bootstrap, CancellationToken cancellation)
    {
        // Not before there is something to sign in with: the secret is good for one address.
        if (bootstrap is not null)
            await auth.BootstrapAsync(bootstrap, signed.Address, cancellation);
        try
        {
            return await auth.SignInAsync(signed, cancellation);
        }
        catch (RefusedException e) when (e.Code == NotAdmitted)
        {
            throw new CliException($"{e.Message} Ask an administrator for: lucid users admit {signed.Address}", e, ExitCode.CheckFailed);
        }
    }

    private async Task StoreAsync(Uri url, StoredLogin login)
    {
        var logins = LoginStore.Of(_surroundings);
        // Ctrl-C comes too late here: the node has opened the login.
        using var locked = await logins.LockAsync(url, _surroundings.Clock, CancellationToken.None);
        await logins.WriteAsync(url, login, CancellationToken.None);
    }
}
