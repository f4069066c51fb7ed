using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Recording;

namespace Lucid.Silo.Recording;

/// <summary>The recorder's disk and keys as the recorder grain asks for them.</summary>
public sealed class RecorderVault(
    KeyRing keys, ChunkStore chunks, NodeIdentity identity, FreeSpace space, NodeLife life, ErasedChunks erased, IPeers peers) : IRecorderVault
{
    public RecorderAddress? Address => peers.Address;

    public Task<SessionOpened> OpenAsync(Guid session) => Task.Run(async () =>
    {
        var (key, salt) = keys.OpenOrCreate(session);
        using (key)
            return Opened(session, key, salt) with { Heirs = await peers.HandKeyAsync(session, key, salt) };
    });

    public Task<SessionOpened> TakeOverAsync(Guid session) => Task.Run(() =>
    {
        var (key, salt) = keys.Open(session);
        using (key)
            return Opened(session, key, salt);
    });

    public RecorderCondition Condition()
    {
        var (hasRoom, words) = space.Look();
        return new RecorderCondition(hasRoom, words, life.LastDown);
    }

    public string SignManifest(ReadOnlyMemory<byte> manifest) => ManifestSignature.Sign(manifest.Span, identity.Key).ToString();

    public byte[] SignEntry(ReadOnlyMemory<byte> entry)
    {
        LedgerEntry parsed;
        try
        {
            parsed = LedgerEntry.Parse(entry);
        }
        catch (MalformedException malformed)
        {
            throw new InvalidRequestException($"That is no entry for the log: {malformed.Message}.");
        }
        if (parsed.Kind == LedgerEntryKind.AuditRoot)
            throw new InvalidRequestException("A recorder signs what it recorded, and no root of an audit log.");
        return parsed.Recorder.Equals(identity.Key.PublicKey)
            ? AnchorBatch.Create(identity.Network, parsed.Recorder, [parsed], message => identity.Key.Sign(message.Span)).Bytes.ToArray()
            : throw new InvalidRequestException($"The entry of session {parsed.Session} is of another recorder than {identity.Name}.");
    }

    public Task EraseAsync(Guid session) => Task.Run(() =>
    {
        // The key first: from here on the ciphertext is noise, whatever happens to it.
        keys.Destroy(session);
        chunks.SetAside(session);
        erased.Wake();
    });

    private SessionOpened Opened(Guid session, SessionKey key, Hash256 salt) =>
        new(identity.Name, identity.Key.PublicKey, identity.Software, identity.Network, key.Commitment(session), salt) { Ledger = identity.Ledger };
}
