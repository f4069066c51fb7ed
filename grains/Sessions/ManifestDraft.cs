using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>Draws up a session's manifest from what is kept of it.</summary>
internal static class ManifestDraft
{
    public static byte[] Write(Guid session, SessionState state, LeafTally tally, BlockReference after)
    {
        var opened = state.Opened!;
        return (Of(state.Request!, new ManifestRecorder(opened.Recorder, opened.RecorderKey, opened.Software), after) with
        {
            Network = opened.Network,
            Session = session,
            OwnerSalt = opened.Salt,
            StartedAt = state.CreatedAt,
            EndedAt = state.ClosedAt!.Value,
            Outcome = state.Outcome!.Value,
            KeyCommitment = opened.KeyCommitment,
            PolicyHash = state.Policy?.Sha256 ?? Hash256.Zero,
        }).WithLeaves(tally.Totals, tally.Root()).Encode();
    }

    /// <summary>
    /// Why a manifest of that request could not be written, or null: what would be refused when the session is closed is refused when it is
    /// opened, where someone can still mend it.
    /// </summary>
    public static string? Problem(CreateSession request)
    {
        try
        {
            Of(request, new ManifestRecorder(request.Recorder, new Ed25519PublicKey(new byte[32]), "lucid"),
                new BlockReference(0, Hash256.Zero, DateTimeOffset.UnixEpoch)).Encode();
            return null;
        }
        catch (InvalidOperationException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>What the request says, and of everything else the least that a manifest accepts.</summary>
    private static Manifest Of(CreateSession request, ManifestRecorder recorder, BlockReference after) => new Manifest
    {
        Network = default,
        Session = Guid.AllBitsSet,
        Owner = request.Owner,
        OwnerSalt = default,
        StartedAt = DateTimeOffset.UnixEpoch,
        EndedAt = DateTimeOffset.UnixEpoch,
        Recorder = recorder,
        PolicyHash = Hash256.Zero,
        Outcome = SessionOutcome.Closed,
        Continues = request.Continues,
        LeafCount = 0,
        ChunkCount = 0,
        GapCount = 0,
        PlainBytes = 0,
        CipherBytes = 0,
        GapMs = 0,
        DurationMs = 0,
        SessionRoot = default,
        KeyCommitment = default,
        AfterBlock = after,
        Tracks = Tracks(request),
    };

    private static ImmutableArray<ManifestTrack> Tracks(CreateSession request) =>
        [.. request.Tracks.Select(track => new ManifestTrack(track.Track, track.MediaType, track.Name))];
}
