using System.Collections.Concurrent;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Tests.Clustering;

/// <summary>Recorder grains that know where their recorders are, and nothing else.</summary>
internal sealed class PeerGrains : IGrains
{
    private int _asked;

    public ConcurrentDictionary<string, RecorderAddress> Addresses { get; } = new(StringComparer.Ordinal);

    /// <summary>Recorders whose silos are in no cluster now.</summary>
    public ConcurrentDictionary<string, bool> Away { get; } = new(StringComparer.Ordinal);

    /// <summary>How often somebody asked where a recorder is.</summary>
    public int Asked => _asked;

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain => (TGrain)(object)new PlacedRecorder(key, this);

    private sealed class PlacedRecorder(string name, PeerGrains all) : IRecorderGrain
    {
        public Task<RecorderAddress?> AddressAsync()
        {
            Interlocked.Increment(ref all._asked);
            return all.Away.ContainsKey(name)
                ? Task.FromException<RecorderAddress?>(new GrainUnreachableException($"recorder/{name}", "its silo is in no cluster"))
                : Task.FromResult(all.Addresses.GetValueOrDefault(name));
        }

        public Task<SessionOpened> OpenSessionAsync(Guid session) => throw new NotSupportedException();
        public Task<SessionOpened> TakeOverAsync(Guid session) => throw new NotSupportedException();
        public Task<RecorderCondition> ConditionAsync() => throw new NotSupportedException();
        public Task<string> SignManifestAsync(ReadOnlyMemory<byte> manifest) => throw new NotSupportedException();
        public Task<byte[]> SignEntryAsync(ReadOnlyMemory<byte> entry) => throw new NotSupportedException();
        public Task EraseAsync(Guid session) => throw new NotSupportedException();
    }
}
