using Lucid.Evidence;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Sessions;

namespace Lucid.Silo.Audit;

/// <summary>A closed session's manifest against its leaves, its signature, and what the session says of itself.</summary>
internal sealed class ManifestCheck(Guid session, SessionState state, LeafTally tally, AuditContext context, Action<string> damage)
{
    public void Run()
    {
        Manifest manifest;
        SignedNote note;
        try
        {
            manifest = Manifest.Parse(state.Manifest);
            note = SignedNote.Parse(System.Text.Encoding.UTF8.GetBytes(state.ManifestSignature ?? ""));
        }
        catch (MalformedException problem)
        {
            damage($"its manifest cannot be read ({problem.Message})");
            return;
        }
        if (Hash256.Of(state.Manifest) != state.ManifestSha256)
            damage("its manifest does not have the SHA-256 that is kept beside it");
        if (ManifestSignature.FindFault(note, manifest, state.Manifest) is { } fault)
            damage($"the signature of its manifest: {fault}");
        if (tally.Ahead.Count > 0 || manifest.WithLeaves(tally.Totals, tally.Root()) != manifest)
            damage($"its leaves give {tally.Totals.Leaves} leaves with root {tally.Root()}, its manifest says {manifest.LeafCount} with {manifest.SessionRoot}");
        if (FindContradiction(manifest) is { } field)
            damage($"its manifest and its state differ in {field}");
        Expect(manifest);
    }

    private string? FindContradiction(Manifest manifest)
    {
        var (request, opened) = (state.Request!, state.Opened!);
        (string Name, bool Same)[] fields =
        [
            ("the session", manifest.Session == session),
            ("the network", manifest.Network == opened.Network),
            ("the recorder", manifest.Recorder == new ManifestRecorder(opened.Recorder, opened.RecorderKey, opened.Software)),
            ("the key commitment", manifest.KeyCommitment == opened.KeyCommitment),
            ("the owner", manifest.Owner == request.Owner && manifest.OwnerSalt == opened.Salt),
            ("the times", manifest.StartedAt == state.CreatedAt && manifest.EndedAt == state.ClosedAt),
            ("the outcome", manifest.Outcome == state.Outcome),
            ("what it continues", manifest.Continues == request.Continues),
            ("the tracks", manifest.Tracks.SequenceEqual(request.Tracks.Select(track => new ManifestTrack(track.Track, track.MediaType, track.Name)))),
        ];
        return fields.Where(field => !field.Same).Select(field => field.Name).FirstOrDefault();
    }

    /// <summary>Hands on what the ledger has to hold of this session.</summary>
    private void Expect(Manifest manifest)
    {
        if (state.Status is SessionStatus.Anchored or SessionStatus.Erased)
        {
            if (state.Anchor is { } anchor)
                context.Anchors.Expect(session, anchor, Anchor.Of(manifest, state.Manifest).Hash());
            else
                damage("it is anchored, and does not say where");
        }
        if (state is { Status: SessionStatus.Erased, ErasureAnchor: { } erasure, ErasedAt: { } at })
            context.Anchors.Expect(
                session, erasure, new Erasure(session, manifest.Recorder.Key, state.ManifestSha256 ?? default, at.ToUnixTimeMilliseconds()).Hash());
    }
}
