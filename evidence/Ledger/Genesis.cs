using System.Collections.Immutable;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// What a network begins with. The text is `lucid.genesis/1\n&lt;name&gt;\n&lt;time ms&gt;\n`, the <see cref="LedgerParameters"/>, the number of
/// validators and a line for each. The same configuration gives the same bytes on every machine, and their SHA-256 is the network's id.
/// </summary>
public sealed class Genesis
{
    private readonly byte[] _bytes;

    /// <param name="name">What people call the network; see <see cref="LedgerName"/>.</param>
    /// <param name="timeMs">When it was made, Unix time in milliseconds. The first block's time is later.</param>
    /// <param name="parameters">Each in its range.</param>
    /// <param name="validators">1 to 63, in any order.</param>
    /// <exception cref="ArgumentException">One of them is not acceptable; the message says which and why.</exception>
    public Genesis(string name, long timeMs, LedgerParameters parameters, IEnumerable<Validator> validators)
    {
        if (!LedgerName.IsValid(name))
            throw new ArgumentException($"'{name}' is no network name; use 1 to {LedgerName.MaxLength} of a-z 0-9 - . _", nameof(name));
        ArgumentOutOfRangeException.ThrowIfNegative(timeMs);
        if (parameters.FindFaults() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(' ', faults), nameof(parameters));
        Name = name;
        TimeMs = timeMs;
        Parameters = parameters;
        var ordered = ValidatorSet.Order([.. validators], nameof(validators));
        var writer = new RecordWriter().Line("lucid.genesis/1"u8).Line(name).Line(timeMs).Raw(parameters.Encode())
            .Line((ulong)ordered.Length);
        foreach (var validator in ordered)
            validator.Write(writer);
        _bytes = writer.ToArray();
        Network = Hash256.Of(_bytes);
        Validators = new ValidatorSet(Network, ordered);
    }

    /// <summary>What people call the network.</summary>
    public string Name { get; }

    /// <summary>When the network was made, Unix time in milliseconds.</summary>
    public long TimeMs { get; }

    public LedgerParameters Parameters { get; }

    /// <summary>The network's id: SHA-256 of the genesis bytes. Also the previous id of block 1.</summary>
    public Hash256 Network { get; }

    /// <summary>Who decides on the first block.</summary>
    public ValidatorSet Validators { get; }

    public byte[] Encode() => _bytes.AsSpan().ToArray();

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static Genesis Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("genesis", bytes);
        reader.Literal("lucid.genesis/1"u8);
        var name = LedgerName.Read(ref reader, "the network's name");
        var time = reader.Number("the time in ms");
        var parameters = LedgerParameters.Read(ref reader);
        ImmutableArray<Validator> validators = ValidatorSet.Read(ref reader);
        reader.End();
        return new Genesis(name, time, parameters, validators);
    }
}
