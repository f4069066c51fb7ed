using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Recording;

/// <summary>Carries out what an operator asks of the key ring, one request at a time.</summary>
internal sealed class KeyKeeper(KeyRing keys, NodeIdentity identity) : IKeyKeeper, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public async Task<KeyRotation> RotateAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            // Not to be cancelled half way: it would be finished at the next start, but the caller would not know.
            var sessions = await Task.Run(keys.Rotate, CancellationToken.None);
            return new KeyRotation(sessions, keys.Current);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task<byte[]> RecoveryKeyAsync(CancellationToken cancellation) => Task.Run(() => keys.ExportRecoveryKey(identity.Network), cancellation);

    public void Dispose() => _turn.Dispose();
}
