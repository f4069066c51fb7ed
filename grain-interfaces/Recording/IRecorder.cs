using Lucid.Evidence;

namespace Lucid.GrainInterfaces.Recording;

/// <summary>
/// Where a session's bytes go: the recorder seals plaintext in memory, keeps ciphertext, and reads both back. Not a grain, because bytes
/// never pass through grains; the gateway calls the one on its own machine, or another node's over HTTP.
/// </summary>
public interface IRecorder
{
    /// <summary>
    /// Admits, reads, seals, stores and counts one chunk, and answers its receipt. The same bytes again answer the same receipt. Not a byte
    /// of <paramref name="body"/> is read before the session admitted the index and there was room in memory for it.
    /// </summary>
    /// <exception cref="Sessions.ChunkConflictException">The index holds other bytes.</exception>
    /// <exception cref="ChunkTooLargeException">More than <see cref="ChunkLimits.MaxPlainBytes"/>.</exception>
    /// <exception cref="ContentDigestException">The body is not what its digest says.</exception>
    /// <exception cref="RecorderBusyException">Sealing cannot keep up. Nothing was read; try again later.</exception>
    Task<ChunkReceived> RecordAsync(ChunkUpload upload, Stream body, CancellationToken cancellation);

    /// <summary>The ciphertext of one chunk: seekable, read-only, for the caller to dispose.</summary>
    /// <exception cref="ChunkMissingException">Not there: never sealed, or erased.</exception>
    Task<Stream> OpenCiphertextAsync(Guid session, ulong index, CancellationToken cancellation);

    /// <summary>
    /// The plaintext of one track, all its chunks in a row: seekable, decrypted as it is read, for the caller to dispose. Gaps have no bytes.
    /// </summary>
    /// <exception cref="KeyErasedException">The key was destroyed.</exception>
    Task<Stream> OpenPlaintextAsync(Guid session, int track, CancellationToken cancellation);

    /// <summary>The session's key file, which lets whoever holds it read the recording.</summary>
    /// <exception cref="KeyErasedException">The key was destroyed.</exception>
    Task<byte[]> ExportKeyAsync(Guid session, CancellationToken cancellation);

    /// <summary>How far the chunks of a session have come on this recorder since it started.</summary>
    PipelineView Pipeline(Guid session);
}

/// <summary>Limits of a chunk.</summary>
public static class ChunkLimits
{
    /// <summary>10 MiB of plaintext.</summary>
    public const int MaxPlainBytes = 10 * 1024 * 1024;
}

/// <param name="Length">The body's length where the caller knows it.</param>
/// <param name="Sha256">What the body's SHA-256 must be, where the caller said so.</param>
public sealed record ChunkUpload(
    Guid Session, ulong Index, long Lease, int Track, Sessions.ChunkTimes? Times, long? Length, Hash256? Sha256);

/// <param name="Receipt">The chunk receipt, a signed note.</param>
/// <param name="Repeated">The chunk was there already.</param>
public sealed record ChunkReceived(string Receipt, bool Repeated);

/// <summary>Counts per stage since this recorder started, and how many chunks are on their way.</summary>
/// <param name="MeanGzipLevel">0 where nothing was compressed.</param>
public sealed record PipelineView(
    long Received, long Compressed, long Encrypted, long Hashed, long Stored, long Counted,
    int InFlight, long PlainBytes, long CipherBytes, double MeanGzipLevel);

public sealed class ChunkTooLargeException : Engine.GrainException
{
    public ChunkTooLargeException(string message) : base(message) { }
}

public sealed class ContentDigestException : Engine.GrainException
{
    public ContentDigestException(string message) : base(message) { }
}

/// <summary>Sealing cannot keep up. Nothing was read; try again after <see cref="RetryAfter"/>.</summary>
public sealed class RecorderBusyException : Engine.GrainException
{
    public RecorderBusyException(string message) : base(message) { }
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}

public sealed class ChunkMissingException : Engine.GrainException
{
    public ChunkMissingException(string message) : base(message) { }
}

public sealed class KeyErasedException : Engine.GrainException
{
    public KeyErasedException(string message) : base(message) { }
}
