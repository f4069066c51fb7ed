using System.Collections.Immutable;
using System.Net;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Verification;
using Lucid.Silo.Tests;
using Lucid.Silo.Tests.Node;

namespace Lucid.Client.Tests;

/// <summary>The client at a real node, over real HTTP.</summary>
public sealed class RealNodeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Recording_IsAnchored_ItsEvidenceVerifies_AndItPlays()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var client = Owner(node);
        var bytes = "what was said"u8.ToArray();
        var session = await client.Sessions.CreateAsync(
            new NewSession("a talk") { Tracks = [new TrackView(0, "text/plain", "talk"), new TrackView(1, "text/plain", "events")] }, "one", Cancellation);
        var (id, lease) = (session.SessionId, session.Lease!.Value);
        // What was answered then, and no second session.
        Assert.Equal(id, (await client.Sessions.CreateAsync(
            new NewSession("a talk") { Tracks = [new TrackView(0, "text/plain", "talk"), new TrackView(1, "text/plain", "events")] }, "one", Cancellation)).SessionId);

        var stored = await client.Chunks.PutAsync(id, lease, new NewChunk(0, bytes) { TimeMs = (0, 5) }, Cancellation);
        var again = await client.Chunks.PutAsync(id, lease, new NewChunk(0, bytes) { TimeMs = (0, 5) }, Cancellation);
        await client.Chunks.PutAsync(id, lease, new NewChunk(1, "event"u8.ToArray()) { Track = 1 }, Cancellation);
        await client.Sessions.HeartbeatAsync(id, lease, Cancellation);
        Assert.Equal("paused", (await client.Sessions.PauseAsync(id, lease, Cancellation)).Status);
        await client.Sessions.StopAsync(id, lease, cancellation: Cancellation);
        var anchored = await client.Sessions.WaitUntilAnchoredAsync(id, TimeSpan.FromMilliseconds(50), Cancellation);

        Assert.Equal((false, true, stored.Receipt), (stored.Repeated, again.Repeated, again.Receipt));
        Assert.Equal(stored.Receipt, await client.Chunks.GetReceiptAsync(id, 0, Cancellation));
        Assert.Equal(bytes, await ReadAsync(client.Recordings.OpenPlaybackAsync(id, cancellation: Cancellation)));
        Assert.Equal("event"u8.ToArray(), await ReadAsync(client.Recordings.OpenPlaybackAsync(id, 1, cancellation: Cancellation)));
        var evidence = await ReadAsync(client.Recordings.OpenEvidenceAsync(id, full: true, cancellation: Cancellation));
        var trusted = new TrustStore(_folder.Data.Trust).Load();
        var report = await EvidenceVerifier.VerifyAsync(new MemoryStream(evidence), trusted, new VerifyOptions(), Cancellation);
        Assert.Equal(Verdict.Verified, report.Verdict);

        await ProofsAsync(client, anchored);
        Assert.Equal("erased", (await client.Sessions.EraseAsync(id, Cancellation)).Status);
        var gone = await Assert.ThrowsAsync<RefusedException>(() => client.Recordings.OpenPlaybackAsync(id, cancellation: Cancellation));
        Assert.Equal("LUCID_ERR_4106", gone.Code);
    }

    private static async Task ProofsAsync(LucidClient client, SessionView anchored)
    {
        var id = anchored.SessionId;
        Assert.Equal(2, await client.Chunks.ListAsync(id, cancellation: Cancellation).CountAsync(leaf => leaf.Kind == "chunk", Cancellation));
        Assert.NotEmpty(await ReadAsync(client.Chunks.OpenAsync(id, 0, Cancellation)));
        Assert.NotEmpty(await ReadAsync(client.Recordings.OpenLeavesAsync(id, Cancellation)));
        Assert.NotEmpty(await client.Recordings.GetManifestAsync(id, Cancellation));
        Assert.NotEmpty(await client.Recordings.GetManifestSignatureAsync(id, Cancellation));
        Assert.NotEmpty(await client.Recordings.GetReceiptAsync(id, renew: true, Cancellation));
        Assert.NotEmpty(await client.Recordings.GetKeyAsync(id, Cancellation));
        Assert.Equal(id, (await client.Recordings.GetPipelineAsync(id, Cancellation)).SessionId);
        var anchor = await client.Chain.GetAnchoringAsync(id, Cancellation);
        Assert.Equal(("confirmed", anchored.Anchor!.LogIndex), (anchor.Status, anchor.LogIndex));
        Assert.True((await client.Chain.VerifyAnchoringAsync(id, anchored.MerkleRoot!, Cancellation)).Verified);
        Assert.False((await client.Chain.VerifyAnchoringAsync(id, new string('0', 64), Cancellation)).Verified);
    }

    [Fact]
    public async Task Chain_IsRead_FromItsNewestBlockToItsFirst()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var client = Owner(node);
        await node.UntilAsync((await AnchoredAsync(client)).SessionId, "anchored");

        var info = await client.Chain.GetInfoAsync(Cancellation);
        var blocks = await client.Chain.ListBlocksAsync(heightTo: info.Height, pageSize: 1, cancellation: Cancellation).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(0, blocks.Count).Select(i => info.Height - (ulong)i), blocks.Select(block => block.Height));
        Assert.True(blocks.Count > 1);
        var block = await client.Chain.GetBlockAsync(blocks[0].Height, Cancellation);
        Assert.Equal(block.BlockId, (await client.Chain.GetBlockAsync(blocks[0].BlockId, Cancellation)).BlockId);
        Assert.Null(await client.ReadIfChangedAsync(block, Cancellation));
        Assert.NotEmpty((await client.Chain.GetLatestBlockAsync(Cancellation)).BlockId);
        Assert.NotEmpty((await client.Chain.GetStatusAsync(Cancellation)).Status);
        Assert.Contains(info.NetworkName, await client.Chain.GetGenesisAsync(Cancellation), StringComparison.Ordinal);
        Assert.NotEmpty(await client.Chain.GetValidatorsAsync(Cancellation));
        var checkpoint = await client.Chain.GetCheckpointAsync(Cancellation);
        Assert.StartsWith($"lucid/{info.Network}\n", checkpoint, StringComparison.Ordinal);
        Assert.NotEmpty(await client.Chain.GetTileAsync($"0/000.p/{checkpoint.Split('\n')[1]}", Cancellation));
        var none = await Assert.ThrowsAsync<RefusedException>(() => client.Chain.GetTileAsync("5/000", Cancellation));
        Assert.Equal(HttpStatusCode.NotFound, none.Status);
        Assert.False(await client.Chain.VerifyMerkleProofAsync(new MerkleProof(new string('0', 64), new string('1', 64), [], 0, 1), Cancellation));
    }

    [Fact]
    public async Task Node_TellsWhatItIs_AndHasNoClusterAlone()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var client = Owner(node);
        using var nobody = new LucidClient(node.Url, null, new LucidClientOptions { Persistence = null });

        Assert.True(await nobody.Node.IsAliveAsync(Cancellation));
        Assert.Equal("healthy", await client.Node.GetReadinessAsync(Cancellation));
        Assert.NotEmpty((await client.Node.GetHealthAsync(Cancellation)).Dependencies);
        Assert.Contains("lucid", await client.Node.GetMetricsAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("node", (await client.Node.GetInfoAsync(Cancellation)).Environment);
        Assert.NotEmpty((await client.Node.GetVersionAsync(Cancellation)).SupportedVersions);
        var alone = await Assert.ThrowsAsync<RefusedException>(() => client.Node.GetClusterAsync(Cancellation));
        Assert.Equal("LUCID_ERR_4001", alone.Code);
        Assert.NotNull(alone.RequestId);
        var unknown = await Assert.ThrowsAsync<RefusedException>(() => nobody.Users.GetMeAsync(Cancellation));
        Assert.Equal("LUCID_ERR_2001", unknown.Code);
        Assert.NotEmpty((await client.Keys.RotateAsync(cancellation: Cancellation)).Current);
        Assert.NotEmpty(await client.Keys.GetRecoveryKeyAsync(cancellation: Cancellation));
    }

    [Fact]
    public async Task People_SignInWithTheirKeys_ShareWithEachOther_AndAreKeptOut()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var owner = Owner(node);
        var (ada, bob) = (Secp256k1PrivateKey.Generate(), Secp256k1PrivateKey.Generate());
        using var hers = new LucidClient(node.Url, new LoginCredential(ada));
        using var his = new LucidClient(node.Url, new LoginCredential(bob));

        var stranger = await Assert.ThrowsAsync<RefusedException>(() => hers.Users.GetMeAsync(Cancellation));
        Assert.Equal("LUCID_ERR_2024", stranger.Code);
        foreach (var key in (Secp256k1PrivateKey[])[ada, bob])
            await owner.Users.AdmitAsync(TronAddress.Of(key.PublicKey), cancellation: Cancellation);
        await owner.Users.AdmitAsync("Eve@example.org", cancellation: Cancellation);
        Assert.Equal("mail:eve@example.org", (await owner.Users.GetAsync("Eve@example.org", Cancellation)).UserId);
        Assert.Equal(TronAddress.Of(ada.PublicKey), (await hers.Auth.GetStatusAsync(Cancellation)).UserId);
        Assert.Equal(3, await owner.Users.ListAsync(new UserFilter { Role = "user" }, pageSize: 1, Cancellation).CountAsync(Cancellation));

        await ProfileAsync(hers);
        var session = (await hers.Sessions.CreateAsync(new NewSession("hers"), cancellation: Cancellation)).SessionId;
        await Assert.ThrowsAsync<RefusedException>(() => his.Sessions.GetAsync(session, Cancellation));
        var shares = await hers.Sessions.ShareAsync(session, new ShareView(TronAddress.Of(bob.PublicKey), TimeProvider.System.GetUtcNow().AddHours(1)), cancellation: Cancellation);
        Assert.Equal(shares.Shares, (await hers.Sessions.GetSharesAsync(session, Cancellation)).Shares);
        Assert.Equal("hers", (await his.Sessions.GetAsync(session, Cancellation)).Name);
        Assert.Equal(session, Assert.Single(await his.Sessions.ListAsync(new SessionFilter { Shared = true }, cancellation: Cancellation).ToListAsync(Cancellation)).SessionId);
        Assert.Empty(await his.Sessions.ListAsync(cancellation: Cancellation).ToListAsync(Cancellation));
        var read = await hers.Sessions.GetAsync(session, Cancellation);
        Assert.Equal("still hers", (await hers.Sessions.ChangeAsync(session, new SessionChange { Name = "still hers" }, read.ETag, Cancellation)).Name);
        Assert.Equal("LUCID_ERR_1016", (await Assert.ThrowsAsync<RefusedException>(() => hers.Sessions.ChangeAsync(session, new SessionChange { Name = "lost" }, read.ETag, Cancellation))).Code);
        Assert.Equal((1L, 0L), ((await hers.Sessions.AddUpAsync(cancellation: Cancellation)).Sessions, (await his.Sessions.AddUpAsync(cancellation: Cancellation)).Sessions));
        Assert.Equal("Bob", (await owner.Users.ChangeAsync(TronAddress.Of(bob.PublicKey), "Bob", cancellation: Cancellation)).Name);
        Assert.Empty((await hers.Sessions.UnshareAsync(session, TronAddress.Of(bob.PublicKey), Cancellation)).Shares);
        Assert.Empty(await his.Sessions.ListAsync(new SessionFilter { Shared = true }, cancellation: Cancellation).ToListAsync(Cancellation));

        await ProgramAsync(node.Url, hers, session);
        Assert.Equal("none", (await hers.Auth.GetHardwareStatusAsync(Cancellation)).Status);
        var login = Assert.Single((await hers.Auth.GetLoginsAsync(Cancellation)).Logins);
        Assert.Empty((await hers.Auth.EndLoginAsync(login.LoginId, Cancellation)).Logins);
        // With its wallet at hand, the credential just signs in again.
        while ((await hers.Auth.GetStatusAsync(Cancellation)).LoginId == login.LoginId)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        await hers.Auth.SignOutAsync(everywhere: true, Cancellation);

        await owner.Users.SuspendAsync(TronAddress.Of(ada.PublicKey), "She left.", Cancellation);
        Assert.Equal("LUCID_ERR_2023", (await UntilRefusedAsync(() => hers.Users.GetMeAsync(Cancellation))).Code);
        Assert.Equal("active", (await owner.Users.ActivateAsync(TronAddress.Of(ada.PublicKey), Cancellation)).Status);
        Assert.Single((await owner.Users.GetLoginsAsync(TronAddress.Of(bob.PublicKey), Cancellation)).Logins);
        Assert.Empty((await owner.Users.EndLoginsAsync(TronAddress.Of(bob.PublicKey), Cancellation)).Logins);
        Assert.NotEmpty((await hers.Auth.GetKeysAsync(Cancellation)).Keys);
    }

    private static async Task ProfileAsync(LucidClient client)
    {
        var me = await client.Users.GetMeAsync(Cancellation);
        var changed = await client.Users.ChangeMeAsync("Ada", null, me.ETag, Cancellation);
        Assert.Equal("Ada", changed.Name);
        // Somebody else has changed it since.
        var late = await Assert.ThrowsAsync<RefusedException>(() => client.Users.ChangeMeAsync("Eve", null, me.ETag, Cancellation));
        Assert.Equal(("LUCID_ERR_1016", HttpStatusCode.PreconditionFailed), (late.Code, late.Status));
        Assert.Equal("Ada", (await client.ReadIfChangedAsync(me, Cancellation))!.Name);
    }

    private static async Task ProgramAsync(Uri url, LucidClient owner, Guid session)
    {
        var made = await owner.Auth.MakeTokenAsync(new TokenRequest("camera", 3600, session), Cancellation);
        using var program = new LucidClient(url, new TokenCredential(made.Token));
        Assert.Equal(session, (await program.Sessions.GetAsync(session, Cancellation)).SessionId);
        var beyond = await Assert.ThrowsAsync<RefusedException>(() => program.Sessions.CreateAsync(new NewSession("another"), cancellation: Cancellation));
        Assert.Equal(HttpStatusCode.Forbidden, beyond.Status);
        Assert.Single((await owner.Auth.GetTokensAsync(Cancellation)).Tokens);
        Assert.Empty((await owner.Auth.RevokeTokenAsync(made.Made.TokenId, Cancellation)).Tokens);
        Assert.Equal(HttpStatusCode.Unauthorized, (await UntilRefusedAsync(() => program.Sessions.GetAsync(session, Cancellation))).Status);
    }

    [Fact]
    public async Task Policy_IsDrawnUp_Tried_Signed_Changed_AndRevoked()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var owner = Owner(node);
        var key = Secp256k1PrivateKey.Generate();
        await owner.Users.AdmitAsync(TronAddress.Of(key.PublicKey), cancellation: Cancellation);
        using var client = new LucidClient(node.Url, new LoginCredential(key));
        var draft = new PolicyDraft("desk", [Rule("watch", PolicyRuleType.Access, PolicyAction.Allow, PolicyAct.View, PolicyAct.Record),
            Rule("ask", PolicyRuleType.Data, PolicyAction.RequireApproval, PolicyAct.Play), Rule("here", PolicyRuleType.Node, PolicyAction.Allow, PolicyAct.Host)]);

        var policy = await client.Policies.CreateAsync(draft, cancellation: Cancellation);
        Assert.Equal(("draft", 3), (policy.Status, policy.Rules.Length));
        var bytes = await client.Policies.GetVersionAsync(policy.PolicyId, 1, Cancellation);
        Assert.Equal("desk", TrustPolicy.Parse(bytes).Name);
        var tried = await client.Policies.TryAsync(policy.PolicyId, 1, new Trial(PolicyAct.Play) { Subject = "somebody" }, Cancellation);
        Assert.Equal(("needs_approval", "ask"), (tried.Outcome, tried.Rule));
        Assert.Equal("deny", (await client.Policies.TryAsync(policy.PolicyId, 1, new Trial(PolicyAct.Erase), Cancellation)).Outcome);

        var unsigned = await Assert.ThrowsAsync<RefusedException>(() => client.Policies.ActivateAsync(policy.PolicyId, "00", cancellation: Cancellation));
        Assert.Equal(HttpStatusCode.BadRequest, unsigned.Status);
        var signature = key.Sign(PersonalMessage.Digest(TronAddress.Wallets.Name, PolicyStatement.Of(bytes).Encode())).ToString();
        Assert.Equal("active", (await client.Policies.ActivateAsync(policy.PolicyId, signature, cancellation: Cancellation)).Status);
        Assert.Null(PolicyVerification.FindFault(SignedPolicy.Parse(await client.Policies.GetSignedAsync(policy.PolicyId, 1, Cancellation)), TronAddress.Wallets));
        var auditor = Secp256k1PrivateKey.Generate();
        await owner.Users.AdmitAsync(TronAddress.Of(auditor.PublicKey), cancellation: Cancellation);
        using var asking = new LucidClient(node.Url, new LoginCredential(auditor));
        await ApprovalAsync(client, asking, policy.PolicyId);

        var now = await client.Policies.GetAsync(policy.PolicyId, Cancellation);
        await client.Policies.ChangeAsync(policy.PolicyId, draft with { Description = "the second" }, now.ETag, Cancellation);
        var late = await Assert.ThrowsAsync<RefusedException>(() => client.Policies.RevokeAsync(policy.PolicyId, "It is over.", now.ETag, Cancellation));
        Assert.Equal("LUCID_ERR_1016", late.Code);
        Assert.Equal("inactive", (await client.Policies.DeactivateAsync(policy.PolicyId, cancellation: Cancellation)).Status);
        Assert.Equal("revoked", (await client.Policies.RevokeAsync(policy.PolicyId, "It is over.", cancellation: Cancellation)).Status);

        var second = await client.Policies.CreateAsync("""{"name":"second","rules":[]}""", cancellation: Cancellation);
        Assert.Equal(["second", "desk"], await client.Policies.ListAsync(pageSize: 1, cancellation: Cancellation).Select(one => one.Name).ToListAsync(Cancellation));
        await client.Policies.DeleteAsync(second.PolicyId, cancellation: Cancellation);
    }

    private static async Task ApprovalAsync(LucidClient client, LucidClient asking, Guid policy)
    {
        var session = await client.Sessions.CreateAsync(new NewSession("under it") { PolicyId = policy }, cancellation: Cancellation);
        Assert.Equal(policy, session.Policy!.PolicyId);
        var asked = await asking.Policies.AskAsync(session.SessionId, new ApprovalQuestion("play", "The audit."), cancellation: Cancellation);
        Assert.Equal("pending", asked.Status);
        Assert.Equal("approved", (await client.Policies.DecideAsync(session.SessionId, asked.Number, approve: true, Cancellation)).Status);
        Assert.Equal("approved", Assert.Single((await client.Policies.GetApprovalsAsync(session.SessionId, Cancellation)).Approvals).Status);
    }

    [Fact]
    public async Task AuditLog_IsSearched_Proved_AndExported()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var client = Owner(node);
        for (var i = 0; i < 3; i++)
            await client.Sessions.CreateAsync(new NewSession($"number {i}"), cancellation: Cancellation);

        var filter = new AuditFilter { Kind = "session_management", Outcome = "success", From = TimeProvider.System.GetUtcNow().AddHours(-1) };
        var events = await client.Audit.ListAsync(filter, pageSize: 1, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(3, events.Count(one => one.Action == "session_create"));
        Assert.Equal(events[0].Hash, (await client.Audit.GetAsync(events[0].Index, Cancellation)).Event.Hash);
        Assert.True((await client.Audit.GetCheckpointAsync(Cancellation)).Size >= 3);
        Assert.Contains("session_create", System.Text.Encoding.UTF8.GetString(await ReadAsync(client.Audit.OpenExportAsync("csv", cancellation: Cancellation))), StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => client.Audit.OpenExportAsync("xml", cancellation: Cancellation));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    [Fact]
    public async Task Sessions_AreListedThroughAllPages_AndAreResumed()
    {
        await using var node = await TestNode.StartAsync(_folder);
        using var client = Owner(node);
        var made = new List<Guid>();
        for (var i = 0; i < 5; i++)
            made.Add((await client.Sessions.CreateAsync(new NewSession($"number {i}"), cancellation: Cancellation)).SessionId);

        var listed = await client.Sessions.ListAsync(new SessionFilter { Query = "number", Sort = "name" }, pageSize: 2, Cancellation).Select(one => one.SessionId).ToListAsync(Cancellation);
        Assert.Equal(made.Order(), listed.Order());
        Assert.Equal((2, 5L, 3L), await client.Sessions.GetPageAsync(pageSize: 2, cancellation: Cancellation) is { Sessions.Length: var length, Pagination: { Total: { } total, Pages: { } pages } } ? (length, total, pages) : default);
        Assert.Empty((await client.Sessions.GetPageAsync(new SessionFilter { Status = "anchored" }, cancellation: Cancellation)).Sessions);

        var resumed = await client.Sessions.ResumeAsync(made[0], Cancellation);
        Assert.Equal(2, resumed.Lease);
        var fenced = await Assert.ThrowsAsync<RefusedException>(() => client.Chunks.PutAsync(made[0], 1, new NewChunk(0, new byte[] { 1 }), Cancellation));
        Assert.Equal("LUCID_ERR_4101", fenced.Code);
        await client.Chunks.PutAsync(made[0], 2, new NewChunk(1, new byte[2 << 20]), Cancellation);
        var holes = await Assert.ThrowsAsync<RefusedException>(() => client.Sessions.StopAsync(made[0], 2, cancellation: Cancellation));
        Assert.Equal("LUCID_ERR_4104", holes.Code);
        await client.Sessions.StopAsync(made[0], 2, acceptGaps: true, Cancellation);
        Assert.Equal(1, (await client.Sessions.WaitUntilAnchoredAsync(made[0], TimeSpan.FromMilliseconds(50), Cancellation)).GapCount);
    }

    /// <summary>What is taken back is refused within a second.</summary>
    private static async Task<RefusedException> UntilRefusedAsync(Func<Task> ask)
    {
        while (true)
        {
            try
            {
                await ask();
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
            }
            catch (RefusedException e)
            {
                return e;
            }
        }
    }

    private LucidClient Owner(TestNode node) => new(node.Url, new TokenCredential(File.ReadAllText(_folder.Data.Token).Trim()));

    private static async Task<SessionView> AnchoredAsync(LucidClient client)
    {
        var session = await client.Sessions.CreateAsync(new NewSession("one"), cancellation: Cancellation);
        await client.Chunks.PutAsync(session.SessionId, session.Lease!.Value, new NewChunk(0, new byte[] { 1 }), Cancellation);
        return await client.Sessions.StopAsync(session.SessionId, session.Lease.Value, cancellation: Cancellation);
    }

    private static PolicyRule Rule(string id, PolicyRuleType type, PolicyAction action, params ImmutableArray<PolicyAct> acts) =>
        new() { Id = id, Type = type, Action = action, Condition = new PolicyCondition { Acts = acts }, Parameters = action == PolicyAction.RequireApproval ? new PolicyApproval() : null };

    private static async Task<byte[]> ReadAsync(Task<AnswerStream> opened)
    {
        await using var stream = await opened;
        var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Cancellation);
        return bytes.ToArray();
    }
}
