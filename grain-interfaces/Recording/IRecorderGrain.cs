using System.Collections.Immutable;
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

    /// <summary>
    /// Goes on recording a session that another recorder opened and whose key it handed to this one: answers who records from now on. The
    /// commitment and the salt are those of the opening, and never new ones. The same session again answers the same.
    /// </summary>
    /// <exception cref="KeyErasedException">This recorder has no key of that session.</exception>
    /// <exception cref="Sessions.NoRoomException">Below the free-space reserve.</exception>
    Task<SessionOpened> TakeOverAsync(Guid session);

    /// <summary>Where gateways and other recorders of the cluster bring and fetch bytes; null on a node alone.</summary>
    Task<RecorderAddress?> AddressAsync();

    /// <summary>Whether the node is above its free-space reserve, and when it was last down.</summary>
    Task<RecorderCondition> ConditionAsync();

    /// <summary>The recorder's signed note over the SHA-256 of a manifest of its own.</summary>
    Task<string> SignManifestAsync(ReadOnlyMemory<byte> manifest);

    /// <summary>
    /// The transaction that brings one entry of this recorder's into the ledger of another node: an
    /// <see cref="Evidence.Ledger.AnchorBatch"/> of that entry alone, signed by this recorder's key.
    /// </summary>
    /// <exception cref="Sessions.InvalidRequestException">No entry, or another recorder's.</exception>
    Task<byte[]> SignEntryAsync(ReadOnlyMemory<byte> entry);

    /// <summary>Destroys every wrapper of the session's key here, then takes its ciphertext away; the files are deleted behind it. Repeating it is harmless.</summary>
    /// <exception cref="GrainStoreException">The disk refuses it. The key is destroyed all the same; ask again.</exception>
    Task EraseAsync(Guid session);
}

/// <param name="Network">The ledger that the session will be anchored in.</param>
/// <param name="KeyCommitment">What a key file is checked against.</param>
/// <param name="Salt">32 random bytes that hide the owner in public tiles.</param>
public sealed record SessionOpened(
    string Recorder, Ed25519PublicKey RecorderKey, string Software, Hash256 Network, Hash256 KeyCommitment, Hash256 Salt)
{
    /// <summary>The node whose ledger it will be anchored in; null for the recorder itself.</summary>
    public string? Ledger { get; init; }

    /// <summary>The other recorders that have the session's key, durably, and can take it over; and last those that may have it, so that erasing reaches them.</summary>
    public ImmutableArray<string> Heirs { get; init; } = [];
}

/// <summary>How one process of a cluster reaches a recorder's bytes.</summary>
/// <param name="Url">Scheme, host and port.</param>
/// <param name="Token">The bearer token of that recorder's API, made anew at each of its starts. Secret.</param>
public sealed record RecorderAddress(string Url, string Token)
{
    /// <summary>Without the token, so that no log ever shows it.</summary>
    public override string ToString() => Url;
}

/// <param name="LastDown">The stretch in which the node last took no chunks, until now while it is not ready; null if it never was down.</param>
public sealed record RecorderCondition(bool HasRoom, string Room, DownTime? LastDown);

public sealed record DownTime(DateTimeOffset From, DateTimeOffset To);
