using System.Globalization;
using System.Text;
using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>Trust policies, and what they leave to their owners. docs/policies.md says what the rules say.</summary>
public sealed class PoliciesClient
{
    private const string Policies = Api + "trust/policies";

    private readonly LucidClient _client;

    internal PoliciesClient(LucidClient client) => _client = client;

    /// <summary>All policies of a user, the newest first, page by page as they are wanted.</summary>
    /// <param name="owner">Whose, for administrators; null for the caller's own.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<PolicyView> ListAsync(string? owner = null, int pageSize = 100, CancellationToken cancellation = default) => Pages.WalkAsync(
        (page, token) => GetPageAsync(owner, page is null ? 1 : int.Parse(page, CultureInfo.InvariantCulture), pageSize, token),
        page => (page.Policies, page.Pagination.Page is { } number && number < page.Pagination.Pages ? (number + 1).ToString(CultureInfo.InvariantCulture) : null),
        cancellation);

    /// <summary>One page of them, with how many there are.</summary>
    /// <param name="owner">As for <see cref="ListAsync"/>.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PolicyPage> GetPageAsync(string? owner = null, int page = 1, int pageSize = 20, CancellationToken cancellation = default) =>
        _client.ReadAsync<PolicyPage>(Get(Query(Policies, ("page", page), ("limit", pageSize), ("owner", owner))), cancellation);

    /// <summary>One policy, with what its newest version says.</summary>
    public Task<PolicyView> GetAsync(Guid policy, CancellationToken cancellation = default) => _client.ReadAsync<PolicyView>(Get(Of(policy)), cancellation);

    /// <summary>Draws up a policy. It is in force once its owner has signed it.</summary>
    /// <param name="draft">What it is to say.</param>
    /// <param name="idempotencyKey">1 to 64 visible ASCII characters: the same key again within a day answers the same policy. Null: a new one for each call.</param>
    /// <param name="cancellation">Gives up. The policy may have been drawn up.</param>
    public Task<PolicyView> CreateAsync(PolicyDraft draft, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        CreateAsync(Post(Policies, draft), idempotencyKey, cancellation);

    /// <summary>The same, of JSON as docs/policies.md has it.</summary>
    public Task<PolicyView> CreateAsync(string json, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        CreateAsync(new ApiRequest(HttpMethod.Post, Policies) { Content = () => Json(json) }, idempotencyKey, cancellation);

    /// <summary>Draws up a policy's next version. What is in force stays so until that one is signed.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="draft">All that it is to say.</param>
    /// <param name="ifMatch">The <see cref="Tagged.ETag"/> of what was read: 1016 (412) where somebody else has changed it since. Null: in any case.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PolicyView> ChangeAsync(Guid policy, PolicyDraft draft, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<PolicyView>(Put(Of(policy), draft).IfMatch(ifMatch), cancellation);

    /// <summary>The same, of JSON as docs/policies.md has it.</summary>
    public Task<PolicyView> ChangeAsync(Guid policy, string json, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<PolicyView>(new ApiRequest(HttpMethod.Put, Of(policy)) { Content = () => Json(json) }.IfMatch(ifMatch), cancellation);

    /// <summary>Puts a policy into force.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="signature">Its owner's wallet's over the newest version's <see cref="PolicyView.Statement"/>; null for the version that was in force before.</param>
    /// <param name="ifMatch">As for <see cref="ChangeAsync(Guid, PolicyDraft, string?, CancellationToken)"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PolicyView> ActivateAsync(Guid policy, string? signature = null, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<PolicyView>(Post($"{Of(policy)}/activate", new SignatureRequest(signature)).IfMatch(ifMatch), cancellation);

    /// <summary>Lets no new session be recorded under a policy. Those that there are stay under it.</summary>
    public Task<PolicyView> DeactivateAsync(Guid policy, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<PolicyView>(Post($"{Of(policy)}/deactivate").IfMatch(ifMatch), cancellation);

    /// <summary>Revokes a policy for good: what it allowed to others is allowed no more.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="reason">For whoever sees the policy: 1 to 255 characters.</param>
    /// <param name="ifMatch">As for <see cref="ChangeAsync(Guid, PolicyDraft, string?, CancellationToken)"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<PolicyView> RevokeAsync(Guid policy, string reason, string? ifMatch = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<PolicyView>(Post($"{Of(policy)}/revoke", new ReasonRequest(reason)).IfMatch(ifMatch), cancellation);

    /// <summary>Deletes a draft that was never signed.</summary>
    public Task DeleteAsync(Guid policy, string? ifMatch = null, CancellationToken cancellation = default) => _client.SendAsync(Delete(Of(policy)).IfMatch(ifMatch), cancellation);

    /// <summary>A version's exact bytes, which Lucid.Evidence's TrustPolicy reads.</summary>
    public Task<byte[]> GetVersionAsync(Guid policy, int version, CancellationToken cancellation = default) => _client.ReadBytesAsync(Of(policy, version), cancellation);

    /// <summary>A version with its owner's signature before it, which Lucid.Evidence's SignedPolicy reads.</summary>
    public Task<byte[]> GetSignedAsync(Guid policy, int version, CancellationToken cancellation = default) => _client.ReadBytesAsync($"{Of(policy, version)}/signed", cancellation);

    /// <summary>What a version says of a request. Nothing is done.</summary>
    public Task<TrialAnswer> TryAsync(Guid policy, int version, Trial trial, CancellationToken cancellation = default) =>
        _client.ReadAsync<TrialAnswer>(Post($"{Of(policy, version)}/evaluate", trial), cancellation);

    /// <summary>What was asked of a session's policy's owner: all of it for them, for others their own.</summary>
    public Task<ApprovalList> GetApprovalsAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<ApprovalList>(Get(ApprovalsOf(session)), cancellation);

    /// <summary>Asks the owner of a session's policy to approve something.</summary>
    /// <param name="session">The session.</param>
    /// <param name="question">What for, and why.</param>
    /// <param name="idempotencyKey">As for <see cref="CreateAsync(PolicyDraft, string?, CancellationToken)"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The request; asked again the same one, until it expires.</returns>
    public Task<ApprovalView> AskAsync(Guid session, ApprovalQuestion question, string? idempotencyKey = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<ApprovalView>(Post(ApprovalsOf(session), question).With("Idempotency-Key", _client.IdempotencyKey(idempotencyKey)), cancellation);

    /// <summary>Approves or refuses a request, as the policy's owner.</summary>
    public Task<ApprovalView> DecideAsync(Guid session, int number, bool approve, CancellationToken cancellation = default) =>
        _client.ReadAsync<ApprovalView>(Post($"{ApprovalsOf(session)}/{number}/{(approve ? "approve" : "refuse")}"), cancellation);

    private static string Of(Guid policy) => $"{Policies}/{policy:D}";

    private static string Of(Guid policy, int version) => $"{Of(policy)}/versions/{version}";

    private static string ApprovalsOf(Guid session) => $"{SessionsClient.Of(session)}/approvals";

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private Task<PolicyView> CreateAsync(ApiRequest request, string? idempotencyKey, CancellationToken cancellation) =>
        _client.ReadAsync<PolicyView>(request.With("Idempotency-Key", _client.IdempotencyKey(idempotencyKey)), cancellation);
}
