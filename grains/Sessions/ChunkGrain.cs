using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Sessions;

/// <summary>What is kept of a chunk.</summary>
public sealed record ChunkState
{
    public ChunkStage Stage { get; init; }
    public byte[] Leaf { get; init; } = [];
    public Hash256 PlaintextMac { get; init; }
    public string Receipt { get; init; } = "";
    public long Lease { get; init; }

    /// <summary>Who has the ciphertext; null for the only recorder.</summary>
    public string? Recorder { get; init; }
}

/// <summary>
/// What is kept of one chunk. It leaves memory after each call: there are hundreds a second, each asked two or three times in its life, and
/// reading its row again costs less than keeping them all.
/// </summary>
public class ChunkGrain(IActivation<ChunkState> self) : IChunkGrain
{
    public Task<ChunkRecord> GetAsync()
    {
        self.Deactivate();
        return Task.FromResult(new ChunkRecord(self.State.Stage, self.State.Leaf, self.State.PlaintextMac, self.State.Receipt, self.State.Lease) { Recorder = self.State.Recorder });
    }

    public async Task<ChunkRecord> StoredAsync(ChunkRecord record)
    {
        // The first one of a lease wins: its receipt may have been given out already.
        if (self.State.Stage == ChunkStage.None || self.State.Lease < record.Lease)
        {
            await self.SaveAsync(new ChunkState
            {
                Stage = ChunkStage.Stored,
                Leaf = record.Leaf.ToArray(),
                PlaintextMac = record.PlaintextMac,
                Receipt = record.Receipt,
                Lease = record.Lease,
                Recorder = record.Recorder,
            });
            var slash = self.Key.IndexOf('/', StringComparison.Ordinal);
            await self.PublishAsync(self.Key[..slash], new ChunkSealed(ulong.Parse(self.Key[(slash + 1)..])));
        }
        return await GetAsync();
    }
}
