using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Ledger;

/// <summary>What the operator asked the network to be; null for "whatever it is, and on first start the default".</summary>
public sealed record GenesisRequest
{
    /// <summary>The network's name; default "local".</summary>
    public string? Network { get; init; }

    /// <summary>This node's name as a validator; default "node-1".</summary>
    public string? Validator { get; init; }

    /// <summary>Milliseconds between blocks, 100 to 60,000; default 10,000.</summary>
    public int? BlockIntervalMs { get; init; }
}

/// <summary>The genesis file: made once, with this node as the only validator, and read ever after.</summary>
public static class GenesisFile
{
    private const string Cure = "Restore it from a backup or from another node of the network";

    /// <exception cref="GenesisMismatchException">The file says something else than was asked, or does not name this node's keys.</exception>
    /// <exception cref="LedgerDamagedException">The file is damaged, or missing though it must be there.</exception>
    public static Genesis Open(string path, GenesisRequest request, IValidatorKeys keys, TimeProvider clock, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate)
                throw new LedgerDamagedException(path, null, "the genesis is missing, although there are blocks", Cure);
            var created = new Genesis(
                request.Network ?? "local", clock.GetUtcNow().ToUnixTimeMilliseconds(),
                request.BlockIntervalMs is { } interval ? new LedgerParameters { BlockIntervalMs = interval } : new LedgerParameters(),
                [new Validator(request.Validator ?? "node-1", keys.Identity.PublicKey, keys.Cosigning.PublicKey)]);
            DurableFile.Create(path, created.Encode());
            return created;
        }
        var genesis = Read(path);
        var contradictions = Contradictions(genesis, request, keys).ToList();
        return contradictions.Count == 0 ? genesis : throw new GenesisMismatchException(
            $"{path} was made once and defines the network; it cannot become what was asked: {string.Join("; ", contradictions)}. " +
            "Start without the contradicting options, or with another data directory for a new network.");
    }

    /// <summary>This node in the set: the validator with its identity key.</summary>
    public static Validator Self(Genesis genesis, Ed25519PublicKey identity) =>
        genesis.Validators.Validators[genesis.Validators.IndexOf(identity)];

    private static Genesis Read(string path)
    {
        try
        {
            return Genesis.Parse(File.ReadAllBytes(path));
        }
        catch (MalformedException e)
        {
            throw new LedgerDamagedException(path, null, $"the genesis is damaged ({e.Message})", Cure);
        }
    }

    private static IEnumerable<string> Contradictions(Genesis genesis, GenesisRequest request, IValidatorKeys keys)
    {
        if (request.Network is { } network && network != genesis.Name)
            yield return $"the network's name is '{genesis.Name}', asked was '{network}'";
        if (request.BlockIntervalMs is { } interval && interval != genesis.Parameters.BlockIntervalMs)
            yield return $"the block interval is {genesis.Parameters.BlockIntervalMs} ms, asked was {interval} ms";
        var index = genesis.Validators.IndexOf(keys.Identity.PublicKey);
        if (index < 0)
        {
            yield return $"none of its validators has this node's identity key {keys.Identity.PublicKey}; keys and genesis are not of one node";
            yield break;
        }
        var self = genesis.Validators.Validators[index];
        if (request.Validator is { } name && name != self.Name)
            yield return $"this node's name is '{self.Name}', asked was '{name}'";
        if (!self.Cosigning.Equals(keys.Cosigning.PublicKey))
            yield return $"the cosigning key of '{self.Name}' is {self.Cosigning}, this node has {keys.Cosigning.PublicKey}";
    }
}

/// <summary>Options or keys contradict the genesis file. The message says what the file says and what was asked.</summary>
public sealed class GenesisMismatchException(string message) : Exception(message);
