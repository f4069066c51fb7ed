using Lucid.Cli.Playback;

namespace Lucid.Cli.Recording;

/// <param name="Session">The session to go on with; its lease is ours. Null where nothing is left to record.</param>
/// <param name="Whole">The session that is whole already, where nothing is left.</param>
/// <param name="FirstIndex">The index of the next chunk to send.</param>
/// <param name="Skip">Bytes of the source that lie in earlier sessions, and are known to be the same there.</param>
/// <param name="AcceptGaps">Chunks were lost that cannot be sent again.</param>
internal sealed record ResumePlan(SessionView? Session, SessionView? Whole, ulong FirstIndex, long Skip, bool AcceptGaps);

/// <summary>
/// Decides how a recording goes on after a crash of either side. A file is sent again from the session's first chunk: the node compares
/// what it has and answers with the same receipts, so that a changed file is noticed and nothing is stored twice. A pipe cannot be read
/// again: it goes on behind the last chunk that the node has.
/// </summary>
internal sealed class Resumption(LucidClient node, Persistence persistence, Action<string> note)
{
    public async Task<ResumePlan> PlanAsync(Guid id, RecordingSource source, CancellationToken cancellation)
    {
        var view = await GetAsync(id, cancellation);
        if (view.Status == SessionStatus.Failed)
        {
            await persistence.TryAsync(token => node.Sessions.RecoverAsync(id, token), cancellation);
            view = await GetAsync(id, cancellation);
        }
        if (view.Status == SessionStatus.Erased)
            throw new CliException($"Session {id:D} was erased; nothing of it can be continued.");
        if (!view.IsOpen && view.Outcome == "closed")
            return new ResumePlan(null, view, 0, 0, AcceptGaps: false);
        // Compared before anything is changed: a wrong file must not leave a new session behind.
        var before = view.IsOpen ? view.Continues : id;
        if (source.Repeatable)
            RefuseShorterFile(view, source);
        var skip = source.Repeatable && before is { } earlier ? await VerifiedPrefixAsync(earlier, source, cancellation) : 0;

        var resumed = await persistence.TryAsync(token => node.Sessions.ResumeAsync(id, token), cancellation);
        if (resumed.SessionId != id)
            note($"Session {id:D} was closed as interrupted meanwhile; session {resumed.SessionId:D} continues it.");
        // It was resumed before, and that session has come to its end too; or it closed while we were looking.
        if (!resumed.IsOpen || (source.Repeatable && resumed.Continues != before))
            return await PlanAsync(resumed.SessionId, source, cancellation);
        if (source.Repeatable)
            return new ResumePlan(resumed, null, 0, skip, AcceptGaps: false);
        var first = resumed.CountedAhead.IsEmpty ? resumed.NextIndex : resumed.CountedAhead.Max() + 1;
        note("A pipe cannot be read again: recording goes on with what it gives now. What was lost on the way before is a gap in the manifest.");
        return new ResumePlan(resumed, null, first, 0, AcceptGaps: true);
    }

    private Task<SessionView> GetAsync(Guid id, CancellationToken cancellation) =>
        persistence.TryAsync(token => node.Sessions.GetAsync(id, token), cancellation);

    private static void RefuseShorterFile(SessionView view, RecordingSource source)
    {
        if (source.Length is { } length && view.SizeBytes > length)
        {
            throw new CliException(
                $"'{source.Name}' has {length} bytes, but session {view.SessionId:D} holds {view.SizeBytes} already; name the file that was recorded.");
        }
    }

    /// <summary>
    /// How many of the file's bytes lie in the sessions that came before: up to the first chunk that one of them lacks. Their plaintext is
    /// compared with the file, since a closed session takes no chunk to compare.
    /// </summary>
    private async Task<long> VerifiedPrefixAsync(Guid last, RecordingSource source, CancellationToken cancellation)
    {
        var sessions = new Stack<Guid>();
        for (Guid? earlier = last; earlier is { } id;)
        {
            sessions.Push(id);
            earlier = (await GetAsync(id, cancellation)).Continues;
        }
        await using var file = source.Open();
        long verified = 0;
        while (sessions.TryPop(out var id))
        {
            var length = await LeadingBytesAsync(id, cancellation);
            var from = verified;
            if (!await persistence.TryAsync(token => SameAsync(file, from, id, length, token), cancellation))
            {
                throw new CliException(
                    $"'{source.Name}' is not the file of session {id:D}: they differ after byte {verified}; name the file that was recorded.");
            }
            verified += length;
        }
        return verified;
    }

    private async Task<long> LeadingBytesAsync(Guid id, CancellationToken cancellation)
    {
        const int page = 1000;
        long bytes = 0;
        for (ulong from = 0; ;)
        {
            var leaves = await persistence.TryAsync(token => node.Chunks.GetPageAsync(id, from, page, token), cancellation);
            foreach (var leaf in leaves.Chunks)
            {
                if (leaf.Kind != "chunk")
                    return bytes;
                bytes += leaf.PlainLength ?? 0;
            }
            if (leaves.Chunks.Length < page)
                return bytes;
            from = leaves.NextIndex;
        }
    }

    private async Task<bool> SameAsync(Stream file, long from, Guid id, long length, CancellationToken cancellation)
    {
        if (length == 0)
            return true;
        file.Seek(from, SeekOrigin.Begin);
        await using var recorded = await node.Recordings.OpenPlaybackAsync(id, cancellation: cancellation);
        return await StreamComparison.SameStartAsync(file, recorded, length, cancellation) is null;
    }
}
