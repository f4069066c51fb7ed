using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Recording;

/// <summary>
/// The recorder's disk and keys, as other grains may use them. Runs on the node that its key names; a key may go on after a '/', so that
/// what takes time waits in a line of its own.
/// </summary>
public class RecorderGrain(IActivation self, IRecorderVault vault) : IRecorderGrain
{
    public Task<SessionOpened> OpenSessionAsync(Guid session)
    {
        RefuseWithoutRoom();
        return vault.OpenAsync(session);
    }

    public Task<SessionOpened> TakeOverAsync(Guid session)
    {
        RefuseWithoutRoom();
        return vault.TakeOverAsync(session);
    }

    public Task<RecorderAddress?> AddressAsync() => Task.FromResult(vault.Address);

    public Task<RecorderCondition> ConditionAsync() => Task.FromResult(vault.Condition());

    public Task<string> SignManifestAsync(ReadOnlyMemory<byte> manifest) => Task.FromResult(vault.SignManifest(manifest));

    public Task<byte[]> SignEntryAsync(ReadOnlyMemory<byte> entry) => Task.FromResult(vault.SignEntry(entry));

    public Task EraseAsync(Guid session) => vault.EraseAsync(session);

    private void RefuseWithoutRoom()
    {
        var condition = vault.Condition();
        if (!condition.HasRoom)
            throw new NoRoomException($"Recorder {self.Key.Split('/')[0]} has no room ({condition.Room}). Free space on the node, then begin again.");
    }
}
