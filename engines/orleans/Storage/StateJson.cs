using Orleans.Storage;

namespace Lucid.Engine.Cluster.Storage;

/// <summary>A state as JSON already: it was measured before it was handed on, and is not serialised twice.</summary>
/// <param name="Bytes">Nothing where a row exists only for its version.</param>
internal sealed record StateJson(byte[] Bytes)
{
    public StateJson() : this([]) { }
}

/// <summary>Lets JSON through to the database's provider as it is.</summary>
internal sealed class StateJsonSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T input) => input is StateJson json
        ? new BinaryData(json.Bytes)
        : throw new NotSupportedException($"Only Lucid's grains keep state here, and {typeof(T)} is none of theirs.");

    public T Deserialize<T>(BinaryData input) => (T)(object)new StateJson(input.ToArray());
}
