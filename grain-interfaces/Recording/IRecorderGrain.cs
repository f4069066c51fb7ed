using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Recording;

/// <summary>
/// What grains may ask of a recorder node, by the node's name: everything that needs its disk or its keys. It runs where that disk is.
/// </summary>
public interface IRecorderGrain : IGrain
{
    /// <summary>Makes the session's key, wrapped and durable, and answers who records. The same session again answers the same.</summary>
    /// <exception cref="Sessions.NoRoomException">Below the free-space reserve.</exception>
    Task<SessionOpened> OpenSessionAsync(Guid session);

    /// <summary>Whether the node is above its free-space reserve, and when it was last down.</summary>
    Task<RecorderCondition> ConditionAsync();

    /// <summary>The recorder's signed note over the SHA-256 of a manifest of its own.</summary>
    Task<string> SignManifestAsync(ReadOnlyMemory<byte> manifest);

    /// <summary>Destroys every wrapper of the session's key, then takes its ciphertext away; the files are deleted behind it. Repeating it is harmless.</summary>
    /// <exception cref="GrainStoreException">The disk refuses it. The key is destroyed all the same; ask again.</exception>
    Task EraseAsync(Guid session);
}

/// <param name="Network">The ledger that the session will be anchored in.</param>
/// <param name="KeyCommitment">What a key file is checked against.</param>
/// <param name="Salt">32 random bytes that hide the owner in public tiles.</param>
public sealed record SessionOpened(
    string Recorder, Ed25519PublicKey RecorderKey, string Software, Hash256 Network, Hash256 KeyCommitment, Hash256 Salt);

/// <param name="LastDown">The stretch in which the node last took no chunks, until now while it is not ready; null if it never was down.</param>
public sealed record RecorderCondition(bool HasRoom, string Room, DownTime? LastDown);

public sealed record DownTime(DateTimeOffset From, DateTimeOffset To);
