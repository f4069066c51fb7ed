using Lucid.GrainInterfaces.Recording;

namespace Lucid.Grains.Recording;

/// <summary>
/// What a recorder keeps on its own disk and nowhere else: session keys, its identity key, ciphertext. A port; implemented with files by the
/// host, in memory by tests.
/// </summary>
public interface IRecorderVault
{
    /// <summary>Makes the session's key, wrapped and durable, or answers for the one that is there.</summary>
    Task<SessionOpened> OpenAsync(Guid session);

    /// <summary>Answers for a session whose key another recorder handed over; makes none.</summary>
    /// <exception cref="KeyErasedException">There is no key of it here.</exception>
    Task<SessionOpened> TakeOverAsync(Guid session);

    /// <summary>Where others reach this recorder; null where it is alone.</summary>
    RecorderAddress? Address { get; }

    /// <summary>Cheap: asked before every chunk.</summary>
    RecorderCondition Condition();

    /// <summary>The signed note over the manifest's SHA-256.</summary>
    string SignManifest(ReadOnlyMemory<byte> manifest);

    /// <summary>An <see cref="Evidence.Ledger.AnchorBatch"/> of that entry alone.</summary>
    byte[] SignEntry(ReadOnlyMemory<byte> entry);

    /// <summary>Destroys every wrapper of the key and then takes the ciphertext away, durably; its files may be deleted later.</summary>
    Task EraseAsync(Guid session);
}
