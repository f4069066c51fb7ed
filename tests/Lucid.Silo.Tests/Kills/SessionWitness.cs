using System.Net;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;

namespace Lucid.Silo.Tests.Kills;

/// <summary>Holds a node to everything that it promised to the client of a session, and to what it must never show.</summary>
/// <param name="trust">Where the node keeps the validators that it trusts.</param>
internal sealed class SessionWitness(string trust)
{
    /// <summary>After a kill, before anything else is asked of the session.</summary>
    public static async Task CheckAsync(NodeApi api, RecordedSession session, Random random)
    {
        var view = await ViewAsync(api, session);
        if (session.Is(Phase.Erased) || session.IsDone)
            return;
        var leaves = await LeavesAsync(api, session, view);
        CheckLeaves(session, view, leaves);
        await CheckPlaintextAsync(api, session, leaves);
        if (session.Receipts.Count > 0)
            await CheckStoredAsync(api, session, session.Receipts.Keys.ElementAt(random.Next(session.Receipts.Count)));
        if (!session.MayBe(Phase.Closed) && !session.LeaseIsUnknown)
            (await api.SendAsync(HttpMethod.Post, $"sessions/{session.Id}/heartbeat", session.Lease)).RequireOk();
    }

    /// <summary>Once the session is closed: waits for its anchor and verifies its evidence as anyone else could, receipts included.</summary>
    public async Task CheckEvidenceAsync(NodeApi api, RecordedSession session, string outcome = "closed")
    {
        var view = await AnchoredAsync(api, session);
        Assert.Equal(outcome, view.GetProperty("outcome").GetString());
        var leaves = await LeavesAsync(api, session, view);
        CheckLeaves(session, view, leaves);
        CheckGaps(session, view.GetProperty("completed_at").GetDateTimeOffset(), leaves);
        await CheckPlaintextAsync(api, session, leaves);
        await VerifyAsync(api, session, full: true);
        session.IsDone = true;
    }

    /// <summary>An erased session: nobody reads it any more, and its proof still stands.</summary>
    public async Task CheckErasedAsync(NodeApi api, RecordedSession session)
    {
        foreach (var path in (string[])["playback", "key", "evidence?full=true"])
        {
            var answer = await api.GetAsync($"sessions/{session.Id}/{path}");
            answer.Require(answer.Status == HttpStatusCode.Gone);
        }
        await VerifyAsync(api, session, full: false);
    }

    /// <summary>The state that the node tells is one of those that it may be in.</summary>
    private static async Task<JsonElement> ViewAsync(NodeApi api, RecordedSession session)
    {
        var answer = (await api.GetAsync($"sessions/{session.Id}")).RequireOk();
        var phase = answer.Json.GetProperty("status").GetString() switch
        {
            "created" or "recording" => Phase.Open,
            "paused" => Phase.Paused,
            "sealing" or "anchoring" or "anchored" => Phase.Closed,
            "erased" => Phase.Erased,
            _ => (Phase?)null,
        };
        answer.Require(phase is { } known && session.MayBe(known));
        // Of an erasure that was asked for, nobody knows when it comes; everything else has happened or never will.
        if (!session.MayBe(Phase.Erased) || phase == Phase.Erased)
            session.BecomesKnown(phase!.Value);
        return answer.Json;
    }

    private static async Task<List<Leaf>> LeavesAsync(NodeApi api, RecordedSession session, JsonElement view)
    {
        var reader = new LeafReader();
        reader.Append((await api.GetAsync($"sessions/{session.Id}/leaves")).RequireOk().Body);
        var leaves = new List<Leaf>();
        while (reader.TryRead(out var leaf, out _))
            leaves.Add(leaf);
        reader.End();
        var tree = new MerkleFrontier();
        foreach (var leaf in leaves)
            tree.Append(leaf.Hash());
        Assert.Equal(view.GetProperty("leaf_count").GetInt64(), leaves.Count);
        Assert.Equal(Hash256.Parse(view.GetProperty("merkle_root").GetString()!), tree.Root());
        return leaves;
    }

    /// <summary>Each receipt's leaf is counted, exactly as it was signed; and nothing is counted that was never sent.</summary>
    private static void CheckLeaves(RecordedSession session, JsonElement view, List<Leaf> leaves)
    {
        var ahead = view.GetProperty("counted_ahead").EnumerateArray().Select(index => index.GetUInt64()).ToHashSet();
        foreach (var (index, note) in session.Receipts)
        {
            var promised = ChunkReceipt.Of(note).Leaf;
            Assert.True(
                index < (ulong)leaves.Count ? leaves[(int)index] == promised : ahead.Contains(index),
                $"Chunk {index} of session {session.Id} has a receipt and is not counted as it was: {leaves.ElementAtOrDefault((int)index)}");
        }
        for (var i = 0; i < leaves.Count; i++)
        {
            Assert.Equal((session.Id, (ulong)i), (leaves[i].Session, leaves[i].Index));
            if (leaves[i] is ChunkLeaf chunk)
                Assert.True(session.Sent.Contains(chunk.Index) && chunk.PlainLength == session.Content(chunk.Index).Length, $"Nobody sent {chunk}");
        }
        Assert.All(ahead, index => Assert.Contains(index, session.Sent));
    }

    /// <summary>Every second in which the node was down is named as missing, and no chunk claims it.</summary>
    private static void CheckGaps(RecordedSession session, DateTimeOffset closedAt, List<Leaf> leaves)
    {
        var gaps = leaves.OfType<GapLeaf>().Where(gap => gap.Cause != GapCause.Lost).OrderBy(gap => gap.StartMs).ToList();
        foreach (var outage in session.Outages.Where(outage => outage.From < closedAt))
        {
            var (from, to) = ((long)(outage.From - session.CreatedAt).TotalMilliseconds, (long)(outage.To - session.CreatedAt).TotalMilliseconds);
            foreach (var chunk in leaves.OfType<ChunkLeaf>())
                Assert.True(chunk.EndMs <= from + 1 || chunk.StartMs >= to - 1, $"{chunk} claims time between {from} and {to} ms, when the node was down.");
            var covered = from + 1;
            foreach (var gap in gaps.Where(gap => gap.StartMs <= covered))
                covered = Math.Max(covered, gap.EndMs);
            Assert.True(
                covered >= to - 1, $"The node was down from {from} to {to} ms of session {session.Id}, and the manifest says: {string.Join(", ", gaps)}");
        }
    }

    private static async Task CheckPlaintextAsync(NodeApi api, RecordedSession session, List<Leaf> leaves)
    {
        var played = await api.GetAsync($"sessions/{session.Id}/playback");
        if (session.MayBe(Phase.Erased) && played.Status == HttpStatusCode.Gone)
            return;
        var at = 0;
        foreach (var leaf in leaves.OfType<ChunkLeaf>())
        {
            played.RequireOk().Require(played.Body.AsSpan(at).StartsWith(session.Content(leaf.Index).Span));
            at += leaf.PlainLength;
        }
        played.Require(at == played.Body.Length);
    }

    /// <summary>One chunk's ciphertext and receipt, as they are served alone.</summary>
    private static async Task CheckStoredAsync(NodeApi api, RecordedSession session, ulong index)
    {
        var note = session.Receipts[index];
        var receipt = (await api.GetAsync($"sessions/{session.Id}/chunks/{index}/receipt")).RequireOk();
        receipt.Require(receipt.Body.AsSpan().SequenceEqual(note.Bytes));
        var cipher = await api.GetAsync($"sessions/{session.Id}/chunks/{index}");
        if (!session.MayBe(Phase.Erased) || cipher.Status != HttpStatusCode.NotFound)
            cipher.RequireOk().Require(SegmentTree.Root(cipher.Body) == ChunkReceipt.Of(note).Leaf.Root);
    }

    private static async Task<JsonElement> AnchoredAsync(NodeApi api, RecordedSession session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var view = (await api.GetAsync($"sessions/{session.Id}")).RequireOk().Json;
            if (view.GetProperty("status").GetString() is "anchored" or "erased")
                return view;
            Assert.False(
                view.GetProperty("status").GetString() == "failed" || limit.IsCancellationRequested, $"Waiting for the anchor: {view.GetRawText()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private async Task VerifyAsync(NodeApi api, RecordedSession session, bool full)
    {
        var answer = await api.GetAsync($"sessions/{session.Id}/evidence?full={(full ? "true" : "false")}");
        if (full && session.MayBe(Phase.Erased) && answer.Status == HttpStatusCode.Gone)
            return;
        var report = await EvidenceVerifier.VerifyAsync(
            new MemoryStream(answer.RequireOk().Body), new TrustStore(trust).Load(), new VerifyOptions { Receipts = [.. session.Receipts.Values] }, CancellationToken.None);
        Assert.True(report.Verdict == Verdict.Verified, $"Session {session.Id}: {report.Summary}");
    }
}
