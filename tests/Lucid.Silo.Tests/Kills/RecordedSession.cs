using System.Text;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;

namespace Lucid.Silo.Tests.Kills;

/// <summary>How far a session has come, as its client sees it.</summary>
internal enum Phase
{
    Open,
    Paused,
    Closed,
    Erased,
}

/// <summary>
/// One session as its only client knows it: what it sent, what it was promised, and what it cannot know because the node died under the
/// request. Its requests check their answers; what must hold after a kill is <see cref="SessionWitness"/>'s.
/// </summary>
internal sealed class RecordedSession(Guid id, int seed, bool ownTimes, DateTimeOffset createdAt)
{
    // Around a segment of 64 KiB, with most of them small: how often a kill hits matters more than how much it hits.
    private static readonly int[] _sizes = [0, 1, 1024, 1024, 1024, 4096, 20_000, 65_535, 65_536, 65_537, 2 << 20];

    // What chunks are cut from, so that comparing costs no more than reading. Half of it compresses.
    private static readonly byte[] _bytes = MakeBytes(8 << 20);

    public Guid Id => id;
    public DateTimeOffset CreatedAt => createdAt;
    public long Lease { get; private set; } = 1;

    /// <summary>Every phase that it may be in: more than one after a request without an answer.</summary>
    public HashSet<Phase> Phases { get; private set; } = [Phase.Open];

    /// <summary>A resume went unanswered, so that the newest lease may be one of which nobody was told.</summary>
    public bool LeaseIsUnknown { get; set; }

    /// <summary>Indices that were sent, answered or not.</summary>
    public HashSet<ulong> Sent { get; } = [];

    public Dictionary<ulong, SignedNote> Receipts { get; } = [];

    /// <summary>When the node was down while this session was open.</summary>
    public List<(DateTimeOffset From, DateTimeOffset To)> Outages { get; } = [];

    /// <summary>Nobody goes on with it: once the node has run for its idle limit, it closes by itself.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>Its evidence was verified in full.</summary>
    public bool IsDone { get; set; }

    public bool MayBe(Phase phase) => Phases.Contains(phase);
    public bool Is(Phase phase) => Phases.SetEquals([phase]);
    public void BecomesKnown(Phase phase) => Phases = IsAbandoned && phase == Phase.Open ? [Phase.Open, Phase.Closed] : [phase];

    public static async Task<RecordedSession> CreateAsync(NodeApi api, Random random, Shot shot, bool abandoned = false)
    {
        var request = api.SendAsync(HttpMethod.Post, "sessions", body: new StringContent(
            $$"""{"name":"under fire","idle_limit_seconds":{{(abandoned ? 10 : 86_400)}}}""", Encoding.UTF8, "application/json"));
        shot.Notice(Moment.CreateSent);
        var view = (await request).RequireOk().Json;
        return new RecordedSession(
            view.GetProperty("session_id").GetGuid(), random.Next(), random.Next(2) == 0, view.GetProperty("created_at").GetDateTimeOffset())
        { IsAbandoned = abandoned };
    }

    /// <summary>The bytes of a chunk: always the same for one index, as those of a client that has them still.</summary>
    public ReadOnlyMemory<byte> Content(ulong index)
    {
        var random = new Random(seed ^ (int)(index * 0x9E37_79B1));
        var size = _sizes[random.Next(_sizes.Length)];
        return _bytes.AsMemory(random.Next(_bytes.Length - size), size);
    }

    /// <summary>The lowest index without a receipt, and those behind it, as far as the window allows.</summary>
    public IEnumerable<ulong> Missing()
    {
        var lowest = 0ul;
        while (Receipts.ContainsKey(lowest))
            lowest++;
        for (var index = lowest; index < lowest + 10; index++)
        {
            if (!Receipts.ContainsKey(index))
                yield return index;
        }
    }

    /// <summary>Sends a chunk; keeps its receipt.</summary>
    /// <param name="disturbed">Another request of ours may close, pause or fence the session meanwhile.</param>
    public async Task UploadAsync(NodeApi api, ulong index, bool disturbed, Shot shot)
    {
        lock (Sent)
            Sent.Add(index);
        var now = (long)(TimeProvider.System.GetUtcNow() - CreatedAt).TotalMilliseconds;
        var request = api.SendAsync(
            HttpMethod.Put, $"sessions/{Id}/chunks/{index}", Lease, new ReadOnlyMemoryContent(Content(index)), ownTimes ? $"{Math.Max(0, now - 5)},{Math.Max(0, now)}" : null);
        shot.Notice(Moment.UploadSent);
        var answer = await request;
        if (!answer.Ok)
        {
            // Out of the window is one whose turn came before that of a lower one, which was then refused.
            answer.Require(disturbed && answer.Code is "LUCID_ERR_4101" or "LUCID_ERR_4007" or "LUCID_ERR_4103");
            return;
        }
        var note = SignedNote.Parse(answer.Body);
        var leaf = ChunkReceipt.Of(note).Leaf;
        answer.Require(leaf.Session == Id && leaf.Index == index && leaf.PlainLength == Content(index).Length);
        lock (Receipts)
            Receipts[index] = note;
        shot.Notice(Moment.ReceiptGiven);
    }

    public async Task PauseAsync(NodeApi api, Shot shot)
    {
        Phases.Add(Phase.Paused);
        var request = api.SendAsync(HttpMethod.Post, $"sessions/{Id}/pause", Lease);
        shot.Notice(Moment.PauseSent);
        (await request).RequireOk();
        BecomesKnown(Phase.Paused);
    }

    public async Task ResumeAsync(NodeApi api, Shot shot)
    {
        Phases.Add(Phase.Open);
        var before = Lease;
        var unknown = LeaseIsUnknown;
        LeaseIsUnknown = true;
        var request = api.SendAsync(HttpMethod.Post, $"sessions/{Id}/resume");
        shot.Notice(Moment.ResumeSent);
        var answer = (await request).RequireOk();
        var lease = answer.Json.GetProperty("lease").GetInt64();
        answer.Require(lease == before + 1 || (unknown && lease > before));
        (Lease, LeaseIsUnknown) = (lease, false);
        BecomesKnown(Phase.Open);
    }

    public async Task StopAsync(NodeApi api, bool acceptGaps, Shot shot)
    {
        Phases.Add(Phase.Closed);
        var request = api.SendAsync(HttpMethod.Post, $"sessions/{Id}/stop{(acceptGaps ? "?accept_gaps=true" : "")}", Lease);
        shot.Notice(Moment.StopSent);
        var answer = await request;
        answer.Require(answer.Ok || (!acceptGaps && answer.Code == "LUCID_ERR_4104"));
        if (answer.Ok)
            BecomesKnown(Phase.Closed);
        else
            Phases.Remove(Phase.Closed);
    }

    public async Task EraseAsync(NodeApi api, Shot shot)
    {
        Phases.Add(Phase.Erased);
        var request = api.SendAsync(HttpMethod.Delete, $"sessions/{Id}");
        shot.Notice(Moment.EraseSent);
        var answer = (await request).RequireOk();
        if (answer.Json.GetProperty("status").GetString() == "erased")
            BecomesKnown(Phase.Erased);
    }

    private static byte[] MakeBytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes.AsSpan(length / 2));
        for (var i = 0; i < length / 2; i++)
            bytes[i] = (byte)(i >> 10);
        return bytes;
    }
}
