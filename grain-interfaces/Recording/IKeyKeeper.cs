namespace Lucid.GrainInterfaces.Recording;

/// <summary>The recorder's key-encryption keys, as an operator handles them. They never leave the node but for the recovery key, on request.</summary>
public interface IKeyKeeper
{
    /// <summary>
    /// Wraps every session's key under a new key of the recorder's before the old wrappers and the old key go. A crash in between is finished
    /// at the next start.
    /// </summary>
    Task<KeyRotation> RotateAsync(CancellationToken cancellation);

    /// <summary>The recovery key as text: `lucid.recovery-key/1`, the network's id, the key in hexadecimal. With the wrapped session keys beside it, it opens every recording.</summary>
    Task<byte[]> RecoveryKeyAsync(CancellationToken cancellation);
}

/// <param name="Sessions">How many session keys were wrapped anew.</param>
/// <param name="Current">The name of the new key.</param>
public sealed record KeyRotation(int Sessions, string Current);
