namespace Lucid.Evidence.Ledger;

/// <summary>
/// The rules of one ledger that are numbers. They are part of the genesis and every block header carries their hash. Encoded as
/// `lucid.parameters/1` and then one line per value, in the order of the properties here.
/// </summary>
public sealed record LedgerParameters
{
    /// <summary>Milliseconds from one block to the next. Default 10,000, range 100 to 60,000.</summary>
    public int BlockIntervalMs { get; init; } = 10_000;

    /// <summary>How far ahead of a validator's own clock a block's time may lie, in milliseconds. Default 30,000, range 1,000 to 30,000.</summary>
    public int MaxTimeAheadMs { get; init; } = 30_000;

    /// <summary>Blocks in one slot. Always 12: a slot is 120 s at the default interval and is fixed for ever (SPEC-1B).</summary>
    public int SlotBlocks { get; init; } = 12;

    /// <summary>Bytes of one anchor batch. Default and most 4 MiB, least 64 KiB.</summary>
    public int MaxBatchBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Entries of one anchor batch. Default and most 20,000, least 1.</summary>
    public int MaxBatchEntries { get; init; } = 20_000;

    /// <summary>Entries of one block over all its batches. Default and most 100,000, least 1.</summary>
    public int MaxBlockEntries { get; init; } = 100_000;

    /// <summary>How long round 0 waits for its proposer, in milliseconds. Default 5,000, range 1,000 to 10,000 (SPEC-1B slotTimeoutMs).</summary>
    public int SlotTimeoutMs { get; init; } = 5_000;

    /// <summary>Slots for which a chosen proposer is not chosen again. Default 16, range 8 to 64 (SPEC-1B cooldownSlots).</summary>
    public int CooldownSlots { get; init; } = 16;

    /// <summary>Days of work that count towards a proposer's rank. Default 7, range 3 to 14 (SPEC-1B leaderWindowDays).</summary>
    public int LeaderWindowDays { get; init; } = 7;

    /// <summary>Least density that earns more than the base reward, in thousandths. Default 200, range 100 to 500 (SPEC-1C D_min).</summary>
    public int MinDensityPermille { get; init; } = 200;

    /// <summary>Megabytes that count as one session's work. Default 5, range 1 to 20 (SPEC-1C BASE_MB_PER_SESSION).</summary>
    public int BaseMegabytesPerSession { get; init; } = 5;

    /// <summary>SHA-256 of <see cref="Encode"/>.</summary>
    public Hash256 Hash => Hash256.Of(Encode());

    /// <summary>The slot of a height, from 0. Heights count from 1.</summary>
    public ulong SlotOf(ulong height) => (height - 1) / (ulong)SlotBlocks;

    /// <summary>One sentence per value that is out of its range; empty where all are well.</summary>
    public IReadOnlyList<string> FindFaults() =>
        [.. Fields.Where(field => field.Get(this) < field.Min || field.Get(this) > field.Max)
            .Select(field => field.Min == field.Max
                ? $"{field.Name} is {field.Get(this)}; it is always {field.Min}."
                : $"{field.Name} is {field.Get(this)}; choose {field.Min} to {field.Max}.")];

    /// <exception cref="InvalidOperationException">A value is out of its range; all of them are named.</exception>
    public byte[] Encode()
    {
        if (FindFaults() is { Count: > 0 } faults)
            throw new InvalidOperationException(string.Join(' ', faults));
        var writer = new RecordWriter().Line("lucid.parameters/1"u8);
        foreach (var field in Fields)
            writer.Line((ulong)field.Get(this));
        return writer.ToArray();
    }

    /// <summary>Reads the parameters where the reader stands, and leaves it behind them.</summary>
    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static LedgerParameters Read(ref RecordReader reader)
    {
        reader.Literal("lucid.parameters/1"u8);
        var parameters = new LedgerParameters();
        foreach (var field in Fields)
            parameters = field.With(parameters, reader.SmallNumber(field.Name));
        return parameters.FindFaults() is { Count: > 0 } faults
            ? throw new MalformedException("ledger parameters", string.Join(' ', faults))
            : parameters;
    }

    private sealed record Field(
        string Name, Func<LedgerParameters, int> Get, Func<LedgerParameters, int, LedgerParameters> With, int Min, int Max);

    private static readonly Field[] Fields =
    [
        new("block interval ms", p => p.BlockIntervalMs, (p, v) => p with { BlockIntervalMs = v }, 100, 60_000),
        new("max time ahead ms", p => p.MaxTimeAheadMs, (p, v) => p with { MaxTimeAheadMs = v }, 1_000, 30_000),
        new("slot blocks", p => p.SlotBlocks, (p, v) => p with { SlotBlocks = v }, 12, 12),
        new("max batch bytes", p => p.MaxBatchBytes, (p, v) => p with { MaxBatchBytes = v }, 64 * 1024, 4 * 1024 * 1024),
        new("max batch entries", p => p.MaxBatchEntries, (p, v) => p with { MaxBatchEntries = v }, 1, 20_000),
        new("max block entries", p => p.MaxBlockEntries, (p, v) => p with { MaxBlockEntries = v }, 1, 100_000),
        new("slot timeout ms", p => p.SlotTimeoutMs, (p, v) => p with { SlotTimeoutMs = v }, 1_000, 10_000),
        new("cooldown slots", p => p.CooldownSlots, (p, v) => p with { CooldownSlots = v }, 8, 64),
        new("leader window days", p => p.LeaderWindowDays, (p, v) => p with { LeaderWindowDays = v }, 3, 14),
        new("min density permille", p => p.MinDensityPermille, (p, v) => p with { MinDensityPermille = v }, 100, 500),
        new("base megabytes per session", p => p.BaseMegabytesPerSession, (p, v) => p with { BaseMegabytesPerSession = v }, 1, 20),
    ];
}
