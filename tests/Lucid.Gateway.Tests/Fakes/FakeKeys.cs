using System.Text;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Tests.Fakes;

internal sealed class FakeKeys : IKeyKeeper
{
    public Task<KeyRotation> RotateAsync(CancellationToken cancellation) => Task.FromResult(new KeyRotation(3, "recorder-2"));
    public Task<byte[]> RecoveryKeyAsync(CancellationToken cancellation) => Task.FromResult(Encoding.ASCII.GetBytes("lucid.recovery-key/1\n"));
}
