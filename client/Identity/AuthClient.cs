using Lucid.Evidence.Keys;
using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>Signing in and out, logins, tokens of programs.</summary>
public sealed class AuthClient
{
    private const string Auth = Api + "auth/";

    private readonly LucidClient _client;

    internal AuthClient(LucidClient client) => _client = client;

    /// <summary>Signs in with a wallet whose key is at hand. See <see cref="LoginCredential"/> for whoever wants to stay signed in.</summary>
    /// <exception cref="RefusedException">2024: nobody has admitted that wallet. 2023: its user is suspended. 2005: too many tries have failed.</exception>
    /// <exception cref="ChallengeException">What the node would have signed must not be; nothing was signed.</exception>
    public async Task<LoginAnswer> SignInAsync(Secp256k1PrivateKey wallet, CancellationToken cancellation = default)
    {
        var challenge = await GetChallengeAsync(TronAddress.Of(wallet.PublicKey), null, cancellation);
        return await SignInAsync(new LoginRequest(challenge.Address, challenge.Text, challenge.Sign(wallet)), cancellation);
    }

    /// <summary>What a wallet is to sign, once it is certain that it lets its bearer in here and nowhere else.</summary>
    /// <param name="address">The wallet's.</param>
    /// <param name="hardware">Which hardware wallet it is; null for any other.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ChallengeException">It must not be signed.</exception>
    public async Task<LoginChallenge> GetChallengeAsync(string address, HardwareWallet? hardware = null, CancellationToken cancellation = default)
    {
        var url = _client.Locate().Url;
        var answer = await _client.ReadAsync<ChallengeAnswer>(
            (hardware is null ? Post(Auth + "challenge", new ChallengeRequest(address)) : Post(Auth + "hardware-wallet/challenge", new ChallengeRequest(address, hardware))) with { AsNobody = true },
            cancellation);
        var challenge = LoginChallenge.Read(answer.Message) ??
            throw new ChallengeException($"{url.GetLeftPart(UriPartial.Authority)} asks for a signature over what is no message for signing in. Nothing was signed.", null);
        return challenge.FindProblem(url, address, _client.Clock.GetUtcNow()) is { } problem ? throw new ChallengeException(problem, challenge) : challenge;
    }

    /// <summary>Signs in with what a wallet has signed.</summary>
    /// <exception cref="RefusedException">As for <see cref="SignInAsync(Secp256k1PrivateKey, CancellationToken)"/>; 2012 to 2022: what is wrong with the signature.</exception>
    public Task<LoginAnswer> SignInAsync(LoginRequest signed, CancellationToken cancellation = default) =>
        AskOnceAsync<LoginAnswer, LoginRequest>(signed.HardwareWallet is null ? "login" : "hardware-wallet/verify", signed, cancellation);

    /// <summary>Has a link mailed to somebody who has no wallet. The answer is the same whether or not there is such a user.</summary>
    public Task AskForLinkAsync(string email, CancellationToken cancellation = default) => AskOnceAsync<MailAsked, MailRequest>("mail", new MailRequest(email), cancellation);

    /// <summary>An authenticator to set up, for whoever has such a link and none yet.</summary>
    /// <exception cref="RefusedException">2026: they have one; its code is wanted.</exception>
    public Task<FactorOffer> OfferFactorAsync(string link, CancellationToken cancellation = default) =>
        _client.ReadAsync<FactorOffer>(Post(Auth + "mail/factor", new LinkRequest(link)) with { AsNobody = true }, cancellation);

    /// <summary>Signs in with such a link and a code.</summary>
    public Task<MailLoginAnswer> SignInByMailAsync(MailLoginRequest request, CancellationToken cancellation = default) =>
        AskOnceAsync<MailLoginAnswer, MailLoginRequest>("mail/login", request, cancellation);

    /// <summary>Makes other recovery codes; those of before are worthless then. Never tried twice: the answer is secret, and told once.</summary>
    /// <param name="code">The next six digits of the caller's authenticator, who has signed in within the last quarter of an hour.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RefusedException">2004: sign in again. 2027: the code is not the authenticator's, or there is none. 2005: too many codes were wrong.</exception>
    public Task<RecoveryCodeList> RenewRecoveryCodesAsync(string code, CancellationToken cancellation = default) =>
        _client.ReadAsync<RecoveryCodeList>(Post(Auth + "mail/recovery-codes", new CodeRequest(code)) with { Once = true }, cancellation);

    /// <summary>Exchanges a refresh token, which is good once: keep the answer before it is used.</summary>
    public Task<LoginAnswer> RefreshAsync(string refreshToken, CancellationToken cancellation = default) =>
        AskOnceAsync<LoginAnswer, RefreshRequest>("refresh", new RefreshRequest(refreshToken), cancellation);

    /// <summary>Makes a wallet the first super administrator, with the secret that the first start of the node has said.</summary>
    public Task<UserView> BootstrapAsync(string secret, string address, CancellationToken cancellation = default) =>
        AskOnceAsync<UserView, BootstrapRequest>("bootstrap", new BootstrapRequest(secret, address), cancellation);

    /// <summary>As whom the node knows the caller.</summary>
    public Task<AuthStatus> GetStatusAsync(CancellationToken cancellation = default) => _client.ReadAsync<AuthStatus>(Get(Auth + "status"), cancellation);

    /// <summary>Which hardware wallet the caller has signed in with.</summary>
    public Task<HardwareStatus> GetHardwareStatusAsync(CancellationToken cancellation = default) => _client.ReadAsync<HardwareStatus>(Get(Auth + "hardware-wallet/status"), cancellation);

    /// <summary>Ends the caller's login; its tokens are refused everywhere within a second.</summary>
    /// <param name="everywhere">All their logins, on other machines too.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task SignOutAsync(bool everywhere = false, CancellationToken cancellation = default) => _client.SendAsync(Post(Query(Auth + "logout", ("everywhere", everywhere))), cancellation);

    /// <summary>The caller's open logins.</summary>
    public Task<LoginList> GetLoginsAsync(CancellationToken cancellation = default) => _client.ReadAsync<LoginList>(Get(Auth + "sessions"), cancellation);

    /// <summary>Ends one of them.</summary>
    /// <returns>Those that are left.</returns>
    public Task<LoginList> EndLoginAsync(Guid login, CancellationToken cancellation = default) => _client.ReadAsync<LoginList>(Delete($"{Auth}sessions/{login:D}"), cancellation);

    /// <summary>The caller's tokens for programs, the newest first. What they show is told where they are made.</summary>
    public Task<TokenList> GetTokensAsync(CancellationToken cancellation = default) => _client.ReadAsync<TokenList>(Get(Auth + "tokens"), cancellation);

    /// <summary>Makes a token for a program. Never tried twice: its answer is a secret, which is told once.</summary>
    public Task<TokenMade> MakeTokenAsync(TokenRequest request, CancellationToken cancellation = default) =>
        _client.ReadAsync<TokenMade>(Post(Auth + "tokens", request) with { Once = true }, cancellation);

    /// <summary>Takes a token back; it is refused everywhere within a second.</summary>
    /// <returns>Those that are left.</returns>
    public Task<TokenList> RevokeTokenAsync(Guid token, CancellationToken cancellation = default) => _client.ReadAsync<TokenList>(Delete($"{Auth}tokens/{token:D}"), cancellation);

    /// <summary>The public keys of access tokens. May be kept for 5 minutes; a new one is there for 10 before it signs.</summary>
    public Task<JsonWebKeys> GetKeysAsync(CancellationToken cancellation = default) =>
        _client.ReadAsync<JsonWebKeys>(Get(".well-known/jwks.json") with { AsNobody = true }, cancellation);

    /// <summary>As nobody, since these are how one becomes somebody; and once, since what they show is good once.</summary>
    private Task<T> AskOnceAsync<T, TBody>(string what, TBody body, CancellationToken cancellation) =>
        _client.ReadAsync<T>(Post(Auth + what, body) with { AsNobody = true, Once = true }, cancellation);
}
