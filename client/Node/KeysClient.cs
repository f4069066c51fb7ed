using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>The recorders' key rings. For whoever runs the node.</summary>
public sealed class KeysClient
{
    private readonly LucidClient _client;

    internal KeysClient(LucidClient client) => _client = client;

    /// <summary>Makes a new key-encryption key, and wraps every session's key under it.</summary>
    /// <param name="recorder">Of a cluster, whose recorders have a key ring each; else null.</param>
    /// <param name="cancellation">Gives up. The key may have been rotated.</param>
    public Task<KeyRotation> RotateAsync(string? recorder = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<KeyRotation>(Post(Query(Api + "keys/rotate", ("recorder", recorder))), cancellation);

    /// <summary>The recovery key. Secret: with the wrapped session keys it opens every recording of the node.</summary>
    /// <param name="recorder">As for <see cref="RotateAsync"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<byte[]> GetRecoveryKeyAsync(string? recorder = null, CancellationToken cancellation = default) =>
        _client.ReadBytesAsync(Query(Api + "keys/recovery", ("recorder", recorder)), cancellation);
}

/// <summary>What became of a key ring.</summary>
/// <param name="Sessions">How many session keys were wrapped anew.</param>
/// <param name="Current">The name of the new key.</param>
public sealed record KeyRotation(int Sessions, string Current);
