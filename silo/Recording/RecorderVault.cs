using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Recording;
using Lucid.Grains.Recording;

namespace Lucid.Silo.Recording;

/// <summary>The recorder's disk and keys as the recorder grain asks for them.</summary>
public sealed class RecorderVault(KeyRing keys, ChunkStore chunks, NodeIdentity identity, FreeSpace space, NodeLife life, ErasedChunks erased) : IRecorderVault
{
    public Task<SessionOpened> OpenAsync(Guid session) => Task.Run(() =>
    {
        var (key, salt) = keys.OpenOrCreate(session);
        using (key)
        {
            return new SessionOpened(
                identity.Name, identity.Key.PublicKey, identity.Software, identity.Network, key.Commitment(session), salt);
        }
    });

    public RecorderCondition Condition()
    {
        var (hasRoom, words) = space.Look();
        return new RecorderCondition(hasRoom, words, life.LastDown);
    }

    public string SignManifest(ReadOnlyMemory<byte> manifest) => ManifestSignature.Sign(manifest.Span, identity.Key).ToString();

    public Task EraseAsync(Guid session) => Task.Run(() =>
    {
        // The key first: from here on the ciphertext is noise, whatever happens to it.
        keys.Destroy(session);
        chunks.SetAside(session);
        erased.Wake();
    });
}
