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
        var request = state.Request!;
        var opened = state.Opened!;
        return new Manifest
        {
            Network = opened.Network,
            Session = session,
            Owner = request.Owner,
            OwnerSalt = opened.Salt,
            StartedAt = state.CreatedAt,
            EndedAt = state.ClosedAt!.Value,
            Recorder = new ManifestRecorder(opened.Recorder, opened.RecorderKey, opened.Software),
            PolicyHash = Hash256.Zero,
            Outcome = state.Outcome!.Value,
            Continues = request.Continues,
            LeafCount = 0,
            ChunkCount = 0,
            GapCount = 0,
            PlainBytes = 0,
            CipherBytes = 0,
            GapMs = 0,
            DurationMs = 0,
            SessionRoot = default,
            KeyCommitment = opened.KeyCommitment,
            AfterBlock = after,
            Tracks = Tracks(request),
        }.WithLeaves(tally.Totals, tally.Root()).Encode();
    }

    /// <summary>
    /// Why a manifest of that request could not be written, or null: what would be refused when the session is closed is refused when it is
    /// opened, where someone can still mend it.
    /// </summary>
    public static string? Problem(CreateSession request)
    {
        var zero = new Ed25519PublicKey(new byte[32]);
        var network = Hash256.Zero;
        try
        {
            _ = new Manifest
            {
                Network = network,
                Session = Guid.AllBitsSet,
                Owner = request.Owner,
                OwnerSalt = default,
                StartedAt = DateTimeOffset.UnixEpoch,
                EndedAt = DateTimeOffset.UnixEpoch,
                Recorder = new ManifestRecorder(request.Recorder, zero, "lucid"),
                PolicyHash = default,
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
                AfterBlock = new BlockReference(0, network, DateTimeOffset.UnixEpoch),
                Tracks = Tracks(request),
            }.Encode();
            return null;
        }
        catch (InvalidOperationException problem)
        {
            return problem.Message;
        }
    }

    private static ImmutableArray<ManifestTrack> Tracks(CreateSession request) =>
        [.. request.Tracks.Select(track => new ManifestTrack(track.Track, track.MediaType, track.Name))];
}
