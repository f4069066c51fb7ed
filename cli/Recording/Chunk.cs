using System.Buffers;

namespace Lucid.Cli.Recording;

/// <summary>
/// A chunk on its way to the node. Its memory is rented; whoever takes the chunk disposes it.
/// </summary>
/// <param name="Index">Its place in the session.</param>
/// <param name="StartMs">When its first byte came, in ms since the session's start.</param>
/// <param name="EndMs">When it was cut.</param>
internal sealed record Chunk(ulong Index, int Track, byte[] Buffer, int Length, long StartMs, long EndMs) : IDisposable
{
    /// <summary>The largest chunk that a node takes: 10 MiB.</summary>
    public const int MaxBytes = 10 * 1024 * 1024;

    /// <summary>The longest stretch of a stream that one chunk holds.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    /// <summary>As large as <see cref="MaxBytes"/>, and few: an upload holds a handful.</summary>
    public static ArrayPool<byte> Buffers { get; } = ArrayPool<byte>.Create(MaxBytes, 16);

    public ReadOnlyMemory<byte> Bytes => Buffer.AsMemory(0, Length);

    public void Dispose() => Buffers.Return(Buffer);
}
