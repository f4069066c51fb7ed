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

    /// <summary>Cheap: asked before every chunk.</summary>
    RecorderCondition Condition();

    /// <summary>The signed note over the manifest's SHA-256.</summary>
    string SignManifest(ReadOnlyMemory<byte> manifest);

    /// <summary>Destroys every wrapper of the key and then takes the ciphertext away, durably; its files may be deleted later.</summary>
    Task EraseAsync(Guid session);
}
