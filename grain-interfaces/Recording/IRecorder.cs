using System.Collections.Immutable;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Identity;

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

    /// <summary>Reads the ciphertext of a counted chunk, and holds it against its leaf before it returns.</summary>
    /// <param name="destination">As long as the leaf says; its content is to be used only once the call has returned. See <see cref="HoldAsync"/>.</param>
    /// <exception cref="ChunkDamagedException">The stored bytes are not those that the leaf states, or are not there.</exception>
    Task ReadCiphertextAsync(ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation);

    /// <summary>
    /// The ciphertext of a counted chunk, held against its leaf before it is returned, and each piece again as it is read: for a client that may take its
    /// time. Seekable, and for the caller to dispose.
    /// </summary>
    /// <exception cref="ChunkDamagedException">The stored bytes are not those that the leaf states, or are not there.</exception>
    /// <exception cref="RecorderBusyException">No memory for it came free in time.</exception>
    Task<Stream> OpenCiphertextAsync(Caller caller, ChunkLeaf leaf, CancellationToken cancellation);

    /// <summary>Takes memory, apart from that of recording, for what is held while a client reads. Dispose what it returns when the answer ends, however it ends.</summary>
    /// <exception cref="RecorderBusyException">None came free in time.</exception>
    Task<IDisposable> HoldAsync(Caller caller, long bytes, CancellationToken cancellation);

    /// <summary>What is wrong with a stored chunk; null where nothing is known to be.</summary>
    /// <param name="thorough">Hashes every byte, instead of looking at the file's length and at what earlier reads have found.</param>
    Task<ChunkDamagedException?> FindDamageAsync(Caller caller, ChunkLeaf leaf, bool thorough, CancellationToken cancellation);

    /// <summary>
    /// The plaintext of one track, all its chunks in a row: seekable, decrypted as it is read, for the caller to dispose. Gaps have no bytes.
    /// Reading where a chunk is damaged throws <see cref="ChunkDamagedException"/>; one that another recorder stored needs memory, as <see cref="HoldAsync"/> says.
    /// </summary>
    /// <param name="skipDamaged">Reads every chunk first and leaves damaged ones out, as if they were gaps.</param>
    /// <exception cref="KeyErasedException">The key was destroyed.</exception>
    /// <exception cref="KeyDamagedException">The key's file is damaged or missing.</exception>
    Task<TrackPlayback> OpenPlaintextAsync(Caller caller, Guid session, int track, bool skipDamaged, CancellationToken cancellation);

    /// <summary>The session's key file, which lets whoever holds it read the recording.</summary>
    /// <exception cref="KeyErasedException">The key was destroyed.</exception>
    /// <exception cref="KeyDamagedException">The key's file is damaged or missing.</exception>
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

/// <param name="Caller">On whose behalf it is recorded.</param>
/// <param name="Length">The body's length where the caller knows it.</param>
/// <param name="Digest">What the body must be, where the caller said so.</param>
public sealed record ChunkUpload(
    Caller Caller, Guid Session, ulong Index, long Lease, int Track, Sessions.ChunkTimes? Times, long? Length, BodyDigest? Digest);

/// <param name="Receipt">The chunk receipt, a signed note.</param>
/// <param name="Repeated">The chunk was there already.</param>
public sealed record ChunkReceived(string Receipt, bool Repeated);

/// <summary>Counts per stage since this recorder started, and how many chunks are on their way.</summary>
/// <param name="MeanGzipLevel">0 where nothing was compressed.</param>
public sealed record PipelineView(
    long Received, long Compressed, long Encrypted, long Hashed, long Stored, long Counted,
    int InFlight, long PlainBytes, long CipherBytes, double MeanGzipLevel);

/// <param name="Plaintext">For the caller to dispose.</param>
/// <param name="Skipped">The indices of the chunks that were left out.</param>
public sealed record TrackPlayback(Stream Plaintext, ImmutableArray<ulong> Skipped);

public sealed class ChunkTooLargeException : Engine.GrainException
{
    public ChunkTooLargeException(string message) : base(message) { }
}

public sealed class ContentDigestException : Engine.GrainException
{
    public ContentDigestException(string message) : base(message) { }
}

/// <summary>Sealing or reading cannot keep up. Of a body nothing was read; try again after <see cref="RetryAfter"/>.</summary>
public sealed class RecorderBusyException : Engine.GrainException
{
    public RecorderBusyException(string message) : base(message) { }
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}

public sealed class ChunkMissingException : Engine.GrainException
{
    public ChunkMissingException(string message) : base(message) { }
}

/// <summary>
/// A counted chunk's file is missing, or is not what its leaf states. The message names session, chunk and file. Other chunks are not
/// affected; whoever asks for many may ask again without this one.
/// </summary>
public sealed class ChunkDamagedException : Engine.GrainException
{
    public ChunkDamagedException(string message) : base(message) { }
}

/// <summary>The file of a session's key is missing or damaged. The message names it. With the file back, everything is readable again.</summary>
public sealed class KeyDamagedException : Engine.GrainException
{
    public KeyDamagedException(string message) : base(message) { }
}

public sealed class KeyErasedException : Engine.GrainException
{
    public KeyErasedException(string message) : base(message) { }
}
