using System.Collections.Immutable;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Sessions;

/// <summary>How far a session's chunks have come on this recorder since it started.</summary>
/// <param name="Stages">In order; a chunk is counted in each that it has passed.</param>
internal sealed record PipelineState(Guid SessionId, ImmutableArray<PipelineStage> Stages, PipelineTotals OverallMetrics)
{
    public static PipelineState Of(Guid session, PipelineView view) => new(
        session,
        [
            new("received", view.Received), new("compressed", view.Compressed), new("encrypted", view.Encrypted),
            new("hashed", view.Hashed), new("stored", view.Stored), new("counted", view.Counted),
        ],
        new PipelineTotals(view.InFlight, view.PlainBytes, view.CipherBytes, view.MeanGzipLevel));
}

/// <param name="Chunks">Chunks that have passed it.</param>
internal sealed record PipelineStage(string StageName, long Chunks);

/// <param name="InFlight">Chunks on their way now.</param>
/// <param name="MeanGzipLevel">0 where nothing was compressed.</param>
internal sealed record PipelineTotals(int InFlight, long PlainBytes, long CipherBytes, double MeanGzipLevel);
