using Lucid.Evidence;
using Lucid.Evidence.Records;

namespace Lucid.Gateway.Sessions;

/// <summary>A leaf as the API tells it: a chunk, or a gap with its cause.</summary>
/// <param name="Kind">chunk or gap.</param>
internal sealed record LeafView(
    ulong Index, string Kind, int Track, long StartMs, long EndMs, string? Codec = null, long? PlainLength = null, long? CipherLength = null,
    Hash256? ChunkRoot = null, string? Cause = null)
{
    public static LeafView Of(ReadOnlySpan<byte> bytes) => Leaf.Parse(bytes) switch
    {
        ChunkLeaf chunk => new(chunk.Index, "chunk", chunk.Track, chunk.StartMs, chunk.EndMs, chunk.Codec, chunk.PlainLength, chunk.CipherLength, chunk.Root),
        GapLeaf gap => new(gap.Index, "gap", gap.Track, gap.StartMs, gap.EndMs, Cause: gap.Cause.Name()),
        var other => throw new InvalidOperationException($"A leaf of the unknown kind {other.GetType().Name}."),
    };
}
