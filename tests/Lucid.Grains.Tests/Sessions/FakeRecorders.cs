using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Grains.Recording;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>The nodes of a cluster as sessions see them: each name has a disk of its own, and can be away.</summary>
internal sealed class FakeRecorders
{
    private readonly Dictionary<string, FakeVault> _vaults = [];

    public FakeVault this[string name]
    {
        get
        {
            if (!_vaults.TryGetValue(name, out var vault))
                _vaults[name] = vault = new FakeVault(name);
            return vault;
        }
    }

    /// <summary>The nodes that cannot be reached.</summary>
    public HashSet<string> Away { get; } = [];

    /// <summary>The node that a grain's key names, as the engine of a cluster finds it.</summary>
    public string Reach(string grain, string key)
    {
        var node = key.Split('/')[0];
        return Away.Contains(node)
            ? throw new GrainUnreachableException($"{grain}/{key}", $"it belongs to node {node}, which is not in the cluster now")
            : node;
    }
}

internal sealed class FakeVault(string name) : IRecorderVault
{
    public Ed25519PrivateKey Key { get; } = new(name == SessionWorld.Node ? new byte[32] : Hash256.Of(System.Text.Encoding.UTF8.GetBytes(name)).ToArray());
    public ImmutableArray<string> Heirs { get; set; } = [];
    public string? Ledger { get; set; }
    public Hash256 Commitment { get; set; } = Hash256.Of("commitment"u8);
    public bool HasRoom { get; set; } = true;
    public DownTime? LastDown { get; set; }
    public string? RefuseToSign { get; set; }
    public HashSet<Guid> Erased { get; } = [];
    public int ErasureCalls { get; private set; }
    public Dictionary<Guid, byte[]> Manifests { get; } = [];

    public Task<SessionOpened> OpenAsync(Guid session) => Task.FromResult(Opened() with { Heirs = Heirs });

    public Task<SessionOpened> TakeOverAsync(Guid session) => Erased.Contains(session)
        ? throw new KeyErasedException($"The key of session {session} is not on this node.")
        : Task.FromResult(Opened());

    public RecorderAddress? Address => null;

    public byte[] SignEntry(ReadOnlyMemory<byte> entry) =>
        AnchorBatch.Create(Hash256.Of("network"u8), Key.PublicKey, [LedgerEntry.Parse(entry)], message => Key.Sign(message.Span)).Bytes.ToArray();

    public RecorderCondition Condition() => new(HasRoom, HasRoom ? "plenty" : "0 MiB free", LastDown);

    public string SignManifest(ReadOnlyMemory<byte> manifest)
    {
        if (RefuseToSign is { } why)
            throw new IOException(why);
        Manifests[Manifest.Parse(manifest.Span).Session] = manifest.ToArray();
        return ManifestSignature.Sign(manifest.Span, Key).ToString();
    }

    public Task EraseAsync(Guid session)
    {
        ErasureCalls++;
        Erased.Add(session);
        return Task.CompletedTask;
    }

    private SessionOpened Opened() =>
        new(name, Key.PublicKey, "lucid test", Hash256.Of("network"u8), Commitment, Hash256.Of("salt"u8)) { Ledger = Ledger };
}

/// <summary>The real grain of whichever node the key names.</summary>
internal sealed class FakeRecorderGrain(IActivation self, FakeRecorders recorders) : IRecorderGrain
{
    private RecorderGrain There => new(self, recorders[recorders.Reach("recorder", self.Key)]);

    public Task<SessionOpened> OpenSessionAsync(Guid session) => There.OpenSessionAsync(session);
    public Task<SessionOpened> TakeOverAsync(Guid session) => There.TakeOverAsync(session);
    public Task<RecorderAddress?> AddressAsync() => There.AddressAsync();
    public Task<RecorderCondition> ConditionAsync() => There.ConditionAsync();
    public Task<string> SignManifestAsync(ReadOnlyMemory<byte> manifest) => There.SignManifestAsync(manifest);
    public Task<byte[]> SignEntryAsync(ReadOnlyMemory<byte> entry) => There.SignEntryAsync(entry);
    public Task EraseAsync(Guid session) => There.EraseAsync(session);
}
