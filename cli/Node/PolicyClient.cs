using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text;

namespace Lucid.Cli.Node;

/// <summary>The part of the node's HTTP API that is about trust policies, and what they leave to their owners.</summary>
internal sealed class PolicyClient(NodeClient node)
{
    private const string Policies = "api/v1/trust/policies";

    public Task<PolicyPage> ListAsync(int page, int limit, string? owner, CancellationToken cancellation) =>
        node.ReadAsync<PolicyPage>(HttpMethod.Get, $"{Policies}?page={page}&limit={limit}{(owner is null ? "" : "&owner=" + Uri.EscapeDataString(owner))}", cancellation);

    public Task<PolicyView> GetAsync(Guid policy, CancellationToken cancellation) => node.ReadAsync<PolicyView>(HttpMethod.Get, Of(policy), cancellation);

    /// <param name="json">What the policy says, as the file has it.</param>
    public Task<PolicyView> CreateAsync(string json, CancellationToken cancellation) => node.ReadAsync<PolicyView>(HttpMethod.Post, Policies, cancellation, () => Json(json));

    public Task<PolicyView> ChangeAsync(Guid policy, string json, CancellationToken cancellation) =>
        node.ReadAsync<PolicyView>(HttpMethod.Put, Of(policy), cancellation, () => Json(json));

    public Task<PolicyView> ActivateAsync(Guid policy, string? signature, CancellationToken cancellation) =>
        PostAsync<PolicyView, PolicySignature>($"{Of(policy)}/activate", new PolicySignature(signature), cancellation);

    public Task<PolicyView> DeactivateAsync(Guid policy, CancellationToken cancellation) =>
        node.ReadAsync<PolicyView>(HttpMethod.Post, $"{Of(policy)}/deactivate", cancellation);

    public Task<PolicyView> RevokeAsync(Guid policy, string reason, CancellationToken cancellation) =>
        PostAsync<PolicyView, PolicyRevocation>($"{Of(policy)}/revoke", new PolicyRevocation(reason), cancellation);

    public async Task DeleteAsync(Guid policy, CancellationToken cancellation)
    {
        using var _ = await node.SendAsync(HttpMethod.Delete, Of(policy), cancellation: cancellation);
    }

    /// <summary>A version's exact bytes.</summary>
    public Task<byte[]> VersionAsync(Guid policy, int version, CancellationToken cancellation) => node.ReadBytesAsync($"{Of(policy)}/versions/{version}", cancellation);

    /// <summary>A version with its owner's signature.</summary>
    public Task<byte[]> SignedAsync(Guid policy, int version, CancellationToken cancellation) =>
        node.ReadBytesAsync($"{Of(policy)}/versions/{version}/signed", cancellation);

    public Task<ApprovalList> ApprovalsAsync(Guid session, CancellationToken cancellation) =>
        node.ReadAsync<ApprovalList>(HttpMethod.Get, ApprovalsOf(session), cancellation);

    public Task<ApprovalView> AskAsync(Guid session, ApprovalQuestion question, CancellationToken cancellation) =>
        PostAsync<ApprovalView, ApprovalQuestion>(ApprovalsOf(session), question, cancellation);

    public Task<ApprovalView> DecideAsync(Guid session, int number, bool approve, CancellationToken cancellation) =>
        node.ReadAsync<ApprovalView>(HttpMethod.Post, $"{ApprovalsOf(session)}/{number}/{(approve ? "approve" : "refuse")}", cancellation);

    private static string Of(Guid policy) => $"{Policies}/{policy:D}";

    private static string ApprovalsOf(Guid session) => $"api/v1/sessions/{session:D}/approvals";

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private Task<T> PostAsync<T, TBody>(string path, TBody body, CancellationToken cancellation) =>
        node.ReadAsync<T>(HttpMethod.Post, path, cancellation, () => JsonContent.Create(body, options: NodeJson.Options));
}

internal sealed record PolicySignature(string? Signature);

internal sealed record PolicyRevocation(string Reason);

internal sealed record PolicyVersionView(int Version, string Sha256, DateTimeOffset CreatedAt, DateTimeOffset? SignedAt);

/// <summary>A trust policy as the node tells it. What it says is in its versions' bytes.</summary>
internal sealed record PolicyView
{
    public required Guid PolicyId { get; init; }
    public required string Owner { get; init; }
    public required string Status { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public int? ActiveVersion { get; init; }
    public string? Reason { get; init; }
    public required ImmutableArray<PolicyVersionView> Versions { get; init; }
}

internal sealed record PolicyPage(ImmutableArray<PolicyView> Policies, Pagination Pagination);

internal sealed record ApprovalQuestion(string Right, string Reason, int? Track);

internal sealed record ApprovalView(int Number, string Subject, string Right, string Rule, string Reason, DateTimeOffset ExpiresAt, string Status);

internal sealed record ApprovalList(ImmutableArray<ApprovalView> Approvals);
