using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Lucid.Evidence.Policies;

namespace Lucid.Client.Tests.Operations;

/// <summary>
/// Every operation of docs/openapi.json has a method of the client, which sends all that the operation takes and tells all that it answers. An operation that is
/// new to the document makes this fail until it has one.
/// </summary>
public sealed class OperationTests
{
    private static readonly Guid _id = Guid.Parse("0198f1c2-7d3e-7a10-9c55-0a1b2c3d4e5f");
    private static readonly DateTimeOffset _time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly HardwareWallet _hardware = new("ledger", "m/44'");
    private static readonly SessionFilter _sessions = new() { Status = "recording", Owner = "T", Query = "words", Sort = "name", Shared = true };
    private static readonly UserFilter _users = new() { Role = "admin", Status = "active", Query = "words" };

    private static readonly AuditFilter _audit = new()
    {
        Kind = "authentication",
        Actor = "T",
        Resource = "session",
        Outcome = "success",
        From = _time,
        To = _time,
        Query = "words",
    };

    private static readonly PolicyDraft _draft = new("p",
    [
        new PolicyRule
        {
            Id = "r",
            Type = PolicyRuleType.Access,
            Condition = new PolicyCondition { Acts = [PolicyAct.View], MaxBytes = 1, NotBefore = _time, NotAfter = _time },
            Action = PolicyAction.Allow,
            Parameters = new PolicyApproval(),
        },
    ])
    { Description = "d", Scope = new PolicyScope(["*"], []) };

    /// <summary>Operations, and what calls them. What is returned is compared with what was answered; null where a method tells it in other words.</summary>
    private static readonly Dictionary<string, Func<LucidClient, Task<object?>>[]> _calls = new(StringComparer.Ordinal)
    {
        ["POST /api/v1/sessions"] = [async c => await c.Sessions.CreateAsync(
            new NewSession("n") { Description = "d", Owner = "T", Tracks = [new TrackView(0, "t", "n")], IdleLimitSeconds = 60, RetentionSeconds = 60, Continues = _id, PolicyId = _id }, "key")],
        ["GET /api/v1/sessions"] = [async c => await c.Sessions.GetPageAsync(_sessions), async c => Nothing(await c.Sessions.ListAsync(_sessions).Take(2).ToListAsync())],
        ["GET /api/v1/sessions/{id}"] = [async c => await c.Sessions.GetAsync(_id), async c => await c.ReadIfChangedAsync(await c.Sessions.GetAsync(_id))],
        ["GET /api/v1/sessions/statistics"] = [async c => await c.Sessions.AddUpAsync("T")],
        ["PUT /api/v1/sessions/{id}"] = [async c => await c.Sessions.ChangeAsync(
            _id, new SessionChange { Name = "n", Description = "d", Tracks = [new TrackView(0, "t", "n")], IdleLimitSeconds = 60, RetentionSeconds = 60 }, "\"t\"")],
        ["DELETE /api/v1/sessions/{id}"] = [async c => await c.Sessions.EraseAsync(_id)],
        ["POST /api/v1/sessions/{id}/resume"] = [async c => await c.Sessions.ResumeAsync(_id)],
        ["POST /api/v1/sessions/{id}/recover"] = [async c => await c.Sessions.RecoverAsync(_id)],
        ["POST /api/v1/sessions/{id}/heartbeat"] = [async c => await Done(c.Sessions.HeartbeatAsync(_id, 1))],
        ["POST /api/v1/sessions/{id}/pause"] = [async c => await c.Sessions.PauseAsync(_id, 1)],
        ["POST /api/v1/sessions/{id}/stop"] = [async c => await c.Sessions.StopAsync(_id, 1, acceptGaps: true)],
        ["GET /api/v1/sessions/{id}/shares"] = [async c => await c.Sessions.GetSharesAsync(_id), async c => await c.ReadIfChangedAsync(await c.Sessions.GetSharesAsync(_id))],
        ["POST /api/v1/sessions/{id}/shares"] = [async c => await c.Sessions.ShareAsync(_id, new ShareView("T", _time), "key")],
        ["DELETE /api/v1/sessions/{id}/shares/{auditor}"] = [async c => await c.Sessions.UnshareAsync(_id, "T")],
        ["GET /api/v1/sessions/{id}/approvals"] = [async c => await c.Policies.GetApprovalsAsync(_id)],
        ["POST /api/v1/sessions/{id}/approvals"] = [async c => await c.Policies.AskAsync(_id, new ApprovalQuestion("play", "why", 1), "key")],
        ["POST /api/v1/sessions/{id}/approvals/{number}/approve"] = [async c => await c.Policies.DecideAsync(_id, 1, approve: true)],
        ["POST /api/v1/sessions/{id}/approvals/{number}/refuse"] = [async c => await c.Policies.DecideAsync(_id, 1, approve: false)],
        ["GET /api/v1/trust/policies"] = [async c => await c.Policies.GetPageAsync("T"), async c => Nothing(await c.Policies.ListAsync().Take(1).ToListAsync())],
        ["POST /api/v1/trust/policies"] = [async c => await c.Policies.CreateAsync(_draft, "key"), async c => await c.Policies.CreateAsync("""{"name":"p","rules":[]}""", "key")],
        ["GET /api/v1/trust/policies/{id}"] = [async c => await c.Policies.GetAsync(_id), async c => await c.ReadIfChangedAsync(await c.Policies.GetAsync(_id))],
        ["PUT /api/v1/trust/policies/{id}"] = [async c => await c.Policies.ChangeAsync(_id, _draft, "\"t\""), async c => await c.Policies.ChangeAsync(_id, """{"name":"p","rules":[]}""", "\"t\"")],
        ["DELETE /api/v1/trust/policies/{id}"] = [async c => await Done(c.Policies.DeleteAsync(_id, "\"t\""))],
        ["GET /api/v1/trust/policies/{id}/versions/{version}"] = [async c => await c.Policies.GetVersionAsync(_id, 1)],
        ["GET /api/v1/trust/policies/{id}/versions/{version}/signed"] = [async c => await c.Policies.GetSignedAsync(_id, 1)],
        ["POST /api/v1/trust/policies/{id}/versions/{version}/evaluate"] = [async c => await c.Policies.TryAsync(_id, 1,
            new Trial(PolicyAct.Play) { Subject = "T", Role = "user", OwnsSession = true, Recorder = "node-1", Tracks = [0], Bytes = 1, StillRecords = true, At = _time })],
        ["POST /api/v1/trust/policies/{id}/activate"] = [async c => await c.Policies.ActivateAsync(_id, "00", "\"t\"")],
        ["POST /api/v1/trust/policies/{id}/deactivate"] = [async c => await c.Policies.DeactivateAsync(_id, "\"t\"")],
        ["POST /api/v1/trust/policies/{id}/revoke"] = [async c => await c.Policies.RevokeAsync(_id, "why", "\"t\"")],
        // What is answered here is no challenge, and is refused once it was read.
        ["POST /api/v1/auth/challenge"] = [async c => await RefusedAsync(c.Auth.GetChallengeAsync("T"))],
        ["POST /api/v1/auth/hardware-wallet/challenge"] = [async c => await RefusedAsync(c.Auth.GetChallengeAsync("T", _hardware))],
        ["POST /api/v1/auth/login"] = [async c => await c.Auth.SignInAsync(new LoginRequest("T", "m", "s"))],
        ["POST /api/v1/auth/hardware-wallet/verify"] = [async c => await c.Auth.SignInAsync(new LoginRequest("T", "m", "s", _hardware))],
        ["POST /api/v1/auth/refresh"] = [async c => await c.Auth.RefreshAsync("r")],
        ["POST /api/v1/auth/bootstrap"] = [async c => await c.Auth.BootstrapAsync("s", "T")],
        ["GET /api/v1/auth/status"] = [async c => await c.Auth.GetStatusAsync()],
        ["GET /api/v1/auth/sessions"] = [async c => await c.Auth.GetLoginsAsync()],
        ["POST /api/v1/auth/logout"] = [async c => await Done(c.Auth.SignOutAsync(everywhere: true))],
        ["DELETE /api/v1/auth/sessions/{login}"] = [async c => await c.Auth.EndLoginAsync(_id)],
        ["GET /api/v1/auth/hardware-wallet/status"] = [async c => await c.Auth.GetHardwareStatusAsync()],
        ["POST /api/v1/auth/mail"] = [async c => await Done(c.Auth.AskForLinkAsync("a@example.org"))],
        ["POST /api/v1/auth/mail/factor"] = [async c => await c.Auth.OfferFactorAsync("l")],
        ["POST /api/v1/auth/mail/login"] = [async c => await c.Auth.SignInByMailAsync(new MailLoginRequest("l", "c"))],
        ["POST /api/v1/auth/mail/recovery-codes"] = [async c => await c.Auth.RenewRecoveryCodesAsync("c")],
        ["GET /api/v1/auth/tokens"] = [async c => await c.Auth.GetTokensAsync()],
        ["POST /api/v1/auth/tokens"] = [async c => await c.Auth.MakeTokenAsync(new TokenRequest("n", 60, _id))],
        ["DELETE /api/v1/auth/tokens/{token}"] = [async c => await c.Auth.RevokeTokenAsync(_id)],
        ["GET /api/v1/users/me"] = [async c => await c.Users.GetMeAsync(), async c => await c.ReadIfChangedAsync(await c.Users.GetMeAsync())],
        ["PUT /api/v1/users/me"] = [async c => await c.Users.ChangeMeAsync("n", "e", "\"t\"")],
        ["GET /api/v1/users"] = [async c => await c.Users.GetPageAsync(_users), async c => Nothing(await c.Users.ListAsync(_users).Take(2).ToListAsync())],
        ["POST /api/v1/users"] = [async c => await c.Users.AdmitAsync("T", "admin", "key"), async c => await c.Users.AdmitAsync("a@example.org", "admin", "key")],
        ["GET /api/v1/users/{user}"] = [async c => await c.Users.GetAsync("Ada@example.org"), async c => await c.ReadIfChangedAsync(await c.Users.GetAsync("T"))],
        ["PUT /api/v1/users/{user}"] = [async c => await c.Users.ChangeAsync("T", "n", "e", "\"t\"")],
        ["POST /api/v1/users/{user}/suspend"] = [async c => await c.Users.SuspendAsync("T", "why")],
        ["POST /api/v1/users/{user}/activate"] = [async c => await c.Users.ActivateAsync("T")],
        ["DELETE /api/v1/users/{user}/factor"] = [async c => await c.Users.ResetFactorAsync("T")],
        ["GET /api/v1/users/{user}/logins"] = [async c => await c.Users.GetLoginsAsync("T")],
        ["DELETE /api/v1/users/{user}/logins"] = [async c => await c.Users.EndLoginsAsync("T")],
        ["GET /api/v1/audit/events"] = [async c => await c.Audit.GetPageAsync(_audit), async c => Nothing(await c.Audit.ListAsync(_audit).Take(2).ToListAsync())],
        ["GET /api/v1/audit/events/{index}"] = [async c => await c.Audit.GetAsync(7)],
        ["GET /api/v1/audit/checkpoint"] = [async c => await c.Audit.GetCheckpointAsync()],
        ["GET /api/v1/audit/export"] = [async c => await BytesAsync(c.Audit.OpenExportAsync("csv", _audit, 7))],
        ["PUT /api/v1/sessions/{id}/chunks/{index}"] = [async c => (await c.Chunks.PutAsync(_id, 1, new NewChunk(7, new byte[] { 1 }) { Track = 1, TimeMs = (0, 1) })).Receipt],
        ["GET /api/v1/sessions/{id}/chunks/{index}"] = [async c => await BytesAsync(c.Chunks.OpenAsync(_id, 7))],
        ["GET /api/v1/sessions/{id}/chunks"] = [async c => await c.Chunks.GetPageAsync(_id), async c => Nothing(await c.Chunks.ListAsync(_id).ToListAsync())],
        ["GET /api/v1/sessions/{id}/chunks/{index}/receipt"] = [async c => await c.Chunks.GetReceiptAsync(_id, 7)],
        ["GET /api/v1/sessions/{id}/manifest"] = [async c => await c.Recordings.GetManifestAsync(_id)],
        ["GET /api/v1/sessions/{id}/manifest/signature"] = [async c => await c.Recordings.GetManifestSignatureAsync(_id)],
        ["GET /api/v1/sessions/{id}/leaves"] = [async c => await BytesAsync(c.Recordings.OpenLeavesAsync(_id))],
        ["GET /api/v1/sessions/{id}/receipt"] = [async c => await c.Recordings.GetReceiptAsync(_id, renew: true)],
        ["GET /api/v1/sessions/{id}/evidence"] = [async c => await BytesAsync(c.Recordings.OpenEvidenceAsync(_id, full: true, renew: true, skipDamaged: true))],
        ["GET /api/v1/sessions/{id}/playback"] = [async c => await BytesAsync(c.Recordings.OpenPlaybackAsync(_id, 1, skipDamaged: true))],
        ["GET /api/v1/sessions/{id}/key"] = [async c => await c.Recordings.GetKeyAsync(_id)],
        ["GET /api/v1/sessions/{id}/pipeline"] = [async c => await c.Recordings.GetPipelineAsync(_id)],
        ["GET /api/v1/chain/info"] = [async c => await c.Chain.GetInfoAsync()],
        ["GET /api/v1/chain/status"] = [async c => await c.Chain.GetStatusAsync()],
        ["GET /api/v1/chain/validators"] = [async c => await c.Chain.GetValidatorsAsync()],
        ["GET /api/v1/chain/genesis"] = [async c => await c.Chain.GetGenesisAsync()],
        ["GET /api/v1/blocks"] = [async c => await c.Chain.GetBlocksAsync(1, 7, sort: "height_asc"), async c => Nothing(await c.Chain.ListBlocksAsync(7).Take(2).ToListAsync())],
        ["GET /api/v1/blocks/latest"] = [async c => await c.Chain.GetLatestBlockAsync(), async c => await c.ReadIfChangedAsync(await c.Chain.GetLatestBlockAsync())],
        ["GET /api/v1/blocks/height/{height}"] = [async c => await c.Chain.GetBlockAsync(7), async c => await c.ReadIfChangedAsync(await c.Chain.GetBlockAsync(7))],
        ["GET /api/v1/blocks/{id}"] = [async c => await c.Chain.GetBlockAsync("00"), async c => await c.ReadIfChangedAsync(await c.Chain.GetBlockAsync("00"))],
        ["GET /api/v1/anchoring/session/{id}"] = [async c => await c.Chain.GetAnchoringAsync(_id)],
        ["POST /api/v1/anchoring/verify"] = [async c => await c.Chain.VerifyAnchoringAsync(_id, "00")],
        ["POST /api/v1/merkle/verify"] = [async c => Nothing(await c.Chain.VerifyMerkleProofAsync(new MerkleProof("00", "00", ["00"], 0, 1)))],
        ["GET /api/v1/cluster/status"] = [async c => await c.Node.GetClusterAsync()],
        ["POST /api/v1/keys/rotate"] = [async c => await c.Keys.RotateAsync()],
        ["GET /api/v1/keys/recovery"] = [async c => await c.Keys.GetRecoveryKeyAsync()],
        ["GET /api/v1/meta/info"] = [async c => await c.Node.GetInfoAsync()],
        ["GET /api/v1/meta/version"] = [async c => await c.Node.GetVersionAsync()],
        ["GET /.well-known/jwks.json"] = [async c => await c.Auth.GetKeysAsync()],
        ["GET /metrics"] = [async c => await c.Node.GetMetricsAsync()],
        ["GET /checkpoint"] = [async c => await c.Chain.GetCheckpointAsync()],
        ["GET /tile/{path}"] = [async c => await c.Chain.GetTileAsync("entries/000.p/7")],
        ["GET /health"] = [async c => await c.Node.GetHealthAsync()],
        ["GET /health/live"] = [async c => Nothing(await c.Node.IsAliveAsync())],
        ["GET /health/ready"] = [async c => Nothing(await c.Node.GetReadinessAsync())],
    };

    /// <summary>What an operation takes and the client does not send there.</summary>
    private static readonly Dictionary<string, string[]> _notSent = new(StringComparer.Ordinal)
    {
        // With one, the client signs in at hardware-wallet/verify, which does the same and wants it.
        ["POST /api/v1/auth/login"] = ["hardware_wallet"],
    };

    public static TheoryData<string> Names => [.. ApiDocument.Operations.Select(operation => operation.Name)];

    [Fact]
    public void Operations_OfTheDocument_AreThoseOfTheClient() =>
        Assert.Equal(ApiDocument.Operations.Select(operation => operation.Name).Order(StringComparer.Ordinal), _calls.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Operation_HasAMethod_ThatSendsAllItTakes_AndTellsAllItAnswers(string name)
    {
        Assert.True(_calls.ContainsKey(name), $"No method of the client calls {name}: write one, and name it here.");
        var operation = ApiDocument.Operations.Single(one => one.Name == name);
        var answer = operation.Answer is { } schema ? ApiDocument.Sample(schema)! : null;
        var server = new FakeServer(_ => new HttpResponseMessage(HttpStatusCode.OK) { Headers = { { "ETag", "\"t\"" } }, Content = new StringContent(answer?.ToJsonString() ?? "text") });
        using var client = server.Client();

        foreach (var call in _calls[name])
        {
            var told = await call(client);
            if (told is null)
                continue;
            var expected = answer is null ? JsonValue.Create("text") : answer;
            var actual = told is byte[] bytes ? JsonValue.Create(System.Text.Encoding.UTF8.GetString(bytes)) : JsonSerializer.SerializeToNode(told, LucidJson.Options);
            Assert.True(JsonNode.DeepEquals(expected, actual), $"{name} answers {expected.ToJsonString()}, and the client tells {actual?.ToJsonString()}");
        }

        Assert.All(server.Seen, sent =>
        {
            Assert.Equal(operation.Method, sent.Method);
            Assert.Matches(operation.Path, sent.Url.AbsolutePath);
        });
        Assert.Equal(
            operation.Parameters("query").Order(StringComparer.Ordinal),
            server.Seen.SelectMany(sent => HttpUtility.ParseQueryString(sent.Url.Query).AllKeys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Empty(operation.Parameters("header").Except(server.Seen.SelectMany(sent => sent.Headers.Keys), StringComparer.OrdinalIgnoreCase));
        if (operation.Body is { } body)
        {
            Assert.Equal(
                ApiDocument.Members(body).Except(_notSent.GetValueOrDefault(name) ?? [], StringComparer.Ordinal).Order(StringComparer.Ordinal),
                server.Seen.SelectMany(sent => JsonNode.Parse(sent.Body)!.AsObject().Select(one => one.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        }
    }

    private static object? Nothing(object _) => null;

    private static async Task<object?> Done(Task task)
    {
        await task;
        return null;
    }

    private static async Task<object?> RefusedAsync(Task task)
    {
        await Assert.ThrowsAsync<ChallengeException>(() => task);
        return null;
    }

    private static async Task<object?> BytesAsync(Task<AnswerStream> opened)
    {
        await using var stream = await opened;
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
