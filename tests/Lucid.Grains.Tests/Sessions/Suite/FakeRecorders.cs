using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Grains.Recording;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>The nodes of a cluster as sessions see them: each name has a disk of its own, and can be away. Only the test sends them away.</summary>
public sealed class FakeRecorders
{
    private readonly ConcurrentDictionary<string, FakeVault> _vaults = new(StringComparer.Ordinal);
    private ImmutableHashSet<string> _away = [];

    public FakeVault this[string name] => _vaults.GetOrAdd(name, static (name, all) => new FakeVault(name, all), this);

    public void TakeAway(params IEnumerable<string> nodes) => _away = _away.Union(nodes);

    /// <param name="nodes">None for all that are away.</param>
    public void BringBack(params string[] nodes) => _away = nodes.Length == 0 ? [] : _away.Except(nodes);

    /// <summary>The node that a grain's key names, as the engine of a cluster finds it.</summary>
    public string Reach(string grain, string key)
    {
        var node = key.Split('/')[0];
        return _away.Contains(node)
            ? throw new GrainUnreachableException($"{grain}/{key}", $"it belongs to node {node}, which is not in the cluster now")
            : node;
    }

    /// <summary>As at first, but for what was erased and signed.</summary>
    public void Reset()
    {
        BringBack();
        foreach (var vault in _vaults.Values)
            vault.Reset();
    }
}

/// <summary>One node's disk and keys. While the node is away it answers what a call to that node's grain would.</summary>
public sealed class FakeVault : IRecorderVault
{
    private readonly string _name;
    private readonly FakeRecorders _all;

    public FakeVault(string name, FakeRecorders all)
    {
        (_name, _all) = (name, all);
        Key = new Ed25519PrivateKey(name == SessionWorld.Node ? new byte[32] : Hash256.Of(Encoding.UTF8.GetBytes(name)).ToArray());
        Reset();
    }

    public Ed25519PrivateKey Key { get; }
    public ImmutableArray<string> Heirs { get; set; }
    public string? Ledger { get; set; }
    public Hash256 Commitment { get; set; }
    public bool HasRoom { get; set; }
    public DownTime? LastDown { get; set; }
    public string? RefuseToSign { get; set; }

    /// <summary>The sessions whose keys were destroyed here, and how often.</summary>
    public ConcurrentDictionary<Guid, int> Erasures { get; } = [];

    public ConcurrentDictionary<Guid, byte[]> Manifests { get; } = [];

    public RecorderAddress? Address => Here<RecorderAddress?>(null);

    public Task<SessionOpened> OpenAsync(Guid session) => Task.FromResult(Here(Opened() with { Heirs = Heirs }));

    public Task<SessionOpened> TakeOverAsync(Guid session) => Here(Erasures.ContainsKey(session))
        ? throw new KeyErasedException($"The key of session {session} is not on this node.")
        : Task.FromResult(Opened());

    public byte[] SignEntry(ReadOnlyMemory<byte> entry) => Here(
        AnchorBatch.Create(Hash256.Of("network"u8), Key.PublicKey, [LedgerEntry.Parse(entry)], message => Key.Sign(message.Span)).Bytes.ToArray());

    public RecorderCondition Condition() => Here(new RecorderCondition(HasRoom, HasRoom ? "plenty" : "0 MiB free", LastDown));

    public string SignManifest(ReadOnlyMemory<byte> manifest)
    {
        if (Here(RefuseToSign) is { } why)
            throw new IOException(why);
        Manifests[Manifest.Parse(manifest.Span).Session] = manifest.ToArray();
        return ManifestSignature.Sign(manifest.Span, Key).ToString();
    }

    public Task EraseAsync(Guid session)
    {
        Here(session);
        Erasures.AddOrUpdate(session, 1, static (_, times) => times + 1);
        return Task.CompletedTask;
    }

    public void Reset()
    {
        (Heirs, Ledger, Commitment) = ([], null, Hash256.Of("commitment"u8));
        (HasRoom, LastDown, RefuseToSign) = (true, null, null);
    }

    private T Here<T>(T answer)
    {
        _all.Reach("recorder", _name);
        return answer;
    }

    private SessionOpened Opened() =>
        new(_name, Key.PublicKey, "lucid test", Hash256.Of("network"u8), Commitment, Hash256.Of("salt"u8)) { Ledger = Ledger };
}
