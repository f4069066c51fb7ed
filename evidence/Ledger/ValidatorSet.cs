using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// Who decides on the blocks of a network, each with one vote. The text is
/// `lucid.validators/1\n&lt;network&gt;\n&lt;count&gt;\n` and one line per validator in ascending order of names, so that a set has one text. A
/// validator's index is its place in that order.
/// </summary>
public sealed class ValidatorSet
{
    /// <summary>Validators at most: each one's cosignature and the log's own fit into one signed note of 64.</summary>
    public const int MaxCount = 63;

    private readonly byte[] _text;

    /// <param name="network">The network's id.</param>
    /// <param name="validators">1 to 63, in any order; names and all keys different.</param>
    /// <exception cref="ArgumentException">None or too many, a bad name, or a name or key that occurs twice.</exception>
    public ValidatorSet(Hash256 network, IEnumerable<Validator> validators)
    {
        Network = network;
        Validators = Order([.. validators], nameof(validators));
        var writer = new RecordWriter().Line("lucid.validators/1"u8).Line(network).Line((ulong)Validators.Length);
        foreach (var validator in Validators)
            validator.Write(writer);
        _text = writer.ToArray();
        Hash = Hash256.Of(_text);
    }

    /// <summary>The network's id.</summary>
    public Hash256 Network { get; }

    /// <summary>In ascending order of names.</summary>
    public ImmutableArray<Validator> Validators { get; }

    public int Count => Validators.Length;

    /// <summary>SHA-256 of the text; what block headers name the set by.</summary>
    public Hash256 Hash { get; }

    /// <summary>
    /// The first half of <see cref="Hash"/> in eight groups of four digits, for two people to compare. 128 bits: nobody can make a
    /// second set with the same one.
    /// </summary>
    public string Fingerprint => string.Join(' ', Hash.ToString()[..32].Chunk(4).Select(group => new string(group)));

    /// <summary>Votes that decide: more than two thirds of the count. 1 of 1, 3 of 4, 5 of 7.</summary>
    public int Quorum => (Count * 2 / 3) + 1;

    /// <summary>Votes of which at least one is an honest validator's: more than one third of the count. 1 of 1, 2 of 4, 3 of 7.</summary>
    public int OneHonest => ((Count - 1) / 3) + 1;

    /// <summary>The index of the validator with that identity key, or -1.</summary>
    public int IndexOf(Ed25519PublicKey identity)
    {
        for (var index = 0; index < Count; index++)
        {
            if (Validators[index].Identity.Equals(identity))
                return index;
        }
        return -1;
    }

    /// <summary>The key name of a validator's cosignatures: `lucid/&lt;network id&gt;/&lt;validator name&gt;`.</summary>
    public string CosignerName(int index) => LedgerName.NoteKey(Network, Validators[index].Name);

    /// <summary>The set's text.</summary>
    public byte[] Encode() => _text.AsSpan().ToArray();

    /// <summary>The set's text, as people pass it on.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_text);

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static ValidatorSet Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("validator set", bytes);
        reader.Literal("lucid.validators/1"u8);
        var network = reader.Hash("the network's id");
        var validators = Read(ref reader);
        reader.End();
        return new ValidatorSet(network, validators);
    }

    /// <summary>Reads a count and that many validators in their order, as a set and a genesis hold them.</summary>
    internal static ImmutableArray<Validator> Read(ref RecordReader reader)
    {
        var count = reader.SmallNumber("the number of validators", MaxCount);
        var validators = ImmutableArray.CreateBuilder<Validator>(count);
        while (validators.Count < count)
            validators.Add(Validator.Read(ref reader));
        return FindFault(validators) is { } fault
            ? throw new MalformedException("validator set", fault)
            : validators.MoveToImmutable();
    }

    internal static ImmutableArray<Validator> Order(ImmutableArray<Validator> validators, string parameter)
    {
        var ordered = validators.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return FindFault(ordered) is { } fault ? throw new ArgumentException(fault, parameter) : ordered;
    }

    private static string? FindFault(IReadOnlyList<Validator> validators)
    {
        if (validators.Count is 0 or > MaxCount)
            return $"a network has 1 to {MaxCount} validators, not {validators.Count}";
        // A name, or a key in either use, that stood twice would let one signature be counted as two validators'.
        var keys = new HashSet<Ed25519PublicKey>();
        for (var index = 0; index < validators.Count; index++)
        {
            var (name, identity, cosigning) = validators[index];
            if (!LedgerName.IsValid(name))
                return $"'{name}' is no validator name; use 1 to {LedgerName.MaxLength} of a-z 0-9 - . _";
            if (index > 0 && string.CompareOrdinal(validators[index - 1].Name, name) >= 0)
                return $"validators stand in ascending order of different names; {name} does not follow {validators[index - 1].Name}";
            if (!keys.Add(identity) || !keys.Add(cosigning))
                return $"a key of validator {name} occurs twice; each use of each validator has a key of its own";
        }
        return null;
    }
}
