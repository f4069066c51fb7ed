using System.Net.Http.Json;

namespace Lucid.Cli.Node;

/// <summary>The part of the node's HTTP API that is about who may do what: logins, tokens, users, shares.</summary>
internal sealed class IdentityClient(NodeClient node)
{
    private const string Auth = "api/v1/auth/";
    private const string Users = "api/v1/users";

    public Task<ChallengeAnswer> ChallengeAsync(string address, CancellationToken cancellation) =>
        AskAsync<ChallengeAnswer, ChallengeRequest>(Auth + "challenge", new ChallengeRequest(address), cancellation);

    public Task<LoginAnswer> SignInAsync(LoginRequest signed, CancellationToken cancellation) =>
        AskAsync<LoginAnswer, LoginRequest>(Auth + "login", signed, cancellation);

    public async Task AskForLinkAsync(string email, CancellationToken cancellation) =>
        await AskAsync<MailAsked, MailRequest>(Auth + "mail", new MailRequest(email), cancellation);

    public Task<FactorOffer> OfferFactorAsync(string link, CancellationToken cancellation) =>
        AskAsync<FactorOffer, LinkRequest>(Auth + "mail/factor", new LinkRequest(link), cancellation);

    public Task<MailLoginAnswer> SignInByMailAsync(MailLoginRequest request, CancellationToken cancellation) =>
        AskAsync<MailLoginAnswer, MailLoginRequest>(Auth + "mail/login", request, cancellation);

    /// <summary>Exchanges a refresh token, which is good once.</summary>
    public Task<LoginAnswer> RefreshAsync(string refreshToken, CancellationToken cancellation) =>
        AskAsync<LoginAnswer, RefreshRequest>(Auth + "refresh", new RefreshRequest(refreshToken), cancellation);

    public Task<UserView> BootstrapAsync(string secret, string address, CancellationToken cancellation) =>
        AskAsync<UserView, BootstrapRequest>(Auth + "bootstrap", new BootstrapRequest(secret, address), cancellation);

    public Task<AuthStatus> StatusAsync(CancellationToken cancellation) => node.ReadAsync<AuthStatus>(HttpMethod.Get, Auth + "status", cancellation);

    public async Task SignOutAsync(bool everywhere, CancellationToken cancellation)
    {
        using var _ = await node.SendAsync(HttpMethod.Post, $"{Auth}logout{(everywhere ? "?everywhere=true" : "")}", cancellation: cancellation);
    }

    public Task<LoginList> LoginsAsync(CancellationToken cancellation) => node.ReadAsync<LoginList>(HttpMethod.Get, Auth + "sessions", cancellation);

    public Task<LoginList> EndLoginAsync(Guid login, CancellationToken cancellation) =>
        node.ReadAsync<LoginList>(HttpMethod.Delete, $"{Auth}sessions/{login:D}", cancellation);

    public Task<TokenList> TokensAsync(CancellationToken cancellation) => node.ReadAsync<TokenList>(HttpMethod.Get, Auth + "tokens", cancellation);

    public Task<TokenMade> MakeTokenAsync(TokenRequest request, CancellationToken cancellation) =>
        PostAsync<TokenMade, TokenRequest>(Auth + "tokens", request, cancellation);

    public Task<TokenList> RevokeTokenAsync(Guid token, CancellationToken cancellation) =>
        node.ReadAsync<TokenList>(HttpMethod.Delete, $"{Auth}tokens/{token:D}", cancellation);

    public Task<UserPage> UsersAsync(int page, int limit, string? role, string? status, CancellationToken cancellation) =>
        node.ReadAsync<UserPage>(
            HttpMethod.Get,
            $"{Users}?page={page}&limit={limit}{(role is null ? "" : "&role=" + Uri.EscapeDataString(role))}{(status is null ? "" : "&status=" + Uri.EscapeDataString(status))}",
            cancellation);

    /// <param name="user">The address of a wallet, or of a mailbox.</param>
    public Task<UserView> AdmitAsync(string user, string? role, CancellationToken cancellation) =>
        PostAsync<UserView, AdmitRequest>(Users, user.Contains('@', StringComparison.Ordinal) ? new AdmitRequest(null, user, role) : new AdmitRequest(user, null, role), cancellation);

    public Task<UserView> ResetFactorAsync(string user, CancellationToken cancellation) =>
        node.ReadAsync<UserView>(HttpMethod.Delete, $"{Users}/{IdOf(user)}/factor", cancellation);

    public Task<UserView> SuspendAsync(string user, string reason, CancellationToken cancellation) =>
        PostAsync<UserView, SuspendRequest>($"{Users}/{IdOf(user)}/suspend", new SuspendRequest(reason), cancellation);

    public Task<UserView> ActivateAsync(string user, CancellationToken cancellation) =>
        node.ReadAsync<UserView>(HttpMethod.Post, $"{Users}/{IdOf(user)}/activate", cancellation);

    public Task<ShareList> SharesAsync(Guid session, CancellationToken cancellation) =>
        node.ReadAsync<ShareList>(HttpMethod.Get, SharesOf(session), cancellation);

    public Task<ShareList> ShareAsync(Guid session, ShareView share, CancellationToken cancellation) =>
        PostAsync<ShareList, ShareView>(SharesOf(session), share, cancellation);

    public Task<ShareList> UnshareAsync(Guid session, string auditor, CancellationToken cancellation) =>
        node.ReadAsync<ShareList>(HttpMethod.Delete, $"{SharesOf(session)}/{Uri.EscapeDataString(auditor)}", cancellation);

    /// <summary>The id of the user with that wallet or mailbox, as a part of a path.</summary>
    private static string IdOf(string user) => Uri.EscapeDataString(user.Contains('@', StringComparison.Ordinal) && !user.StartsWith("mail:", StringComparison.Ordinal) ? $"mail:{user.ToLowerInvariant()}" : user);

    private static string SharesOf(Guid session) => $"api/v1/sessions/{session:D}/shares";

    private Task<T> PostAsync<T, TBody>(string path, TBody body, CancellationToken cancellation) =>
        node.ReadAsync<T>(HttpMethod.Post, path, cancellation, () => JsonContent.Create(body, options: NodeJson.Options));

    /// <summary>As nobody: these are how one becomes somebody.</summary>
    private Task<T> AskAsync<T, TBody>(string path, TBody body, CancellationToken cancellation) =>
        node.ReadAsync<T>(HttpMethod.Post, path, cancellation, () => JsonContent.Create(body, options: NodeJson.Options), asNobody: true);
}
