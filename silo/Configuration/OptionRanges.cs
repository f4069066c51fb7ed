using System.Text.Json;
using Lucid.Engine.Embedded;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Limits;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>The bounds of every option that has a number or a time. A test holds docs/options.md to them.</summary>
internal static class OptionRanges
{
    /// <summary>The block interval of a network whose first start named none.</summary>
    public static int DefaultBlockInterval { get; } = new Evidence.Ledger.LedgerParameters().BlockIntervalMs;

    public static IReadOnlyList<OptionRange> All { get; } =
    [
        Range("blockInterval", options => options.BlockInterval ?? DefaultBlockInterval, 100, 60_000),
        Range("sessions.window", options => options.Sessions.Window, 1, Grains.Sessions.SessionOptions.MaxWindow),
        Range("sessions.maxAhead", options => options.Sessions.MaxAhead, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
        Range("sessions.maxTimeGaps", options => options.Sessions.MaxTimeGaps, 1, 512),
        Range("sessions.snapshotEvery", options => options.Sessions.SnapshotEvery, 1, 4096),
        Range("sessions.tick", options => options.Sessions.Tick, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        Range("sessions.reminder", options => options.Sessions.Reminder, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
        Range("recording.sealingWorkers", options => options.Recording.SealingWorkers, 1, 256),
        Range("recording.memoryBudget", options => options.Recording.MemoryBudget, 64L << 20, 64L << 30),
        Range("recording.readingBudget", options => options.Recording.ReadingBudget, 32L << 20, 64L << 30),
        Range("recording.readingWorkers", options => options.Recording.ReadingWorkers, 1, 64),
        Range("recording.maxWait", options => options.Recording.MaxWait, TimeSpan.Zero, TimeSpan.FromMinutes(1)),
        Range("recording.freeSpaceReserve", options => options.Recording.FreeSpaceReserve, 0.0, 0.5),
        Range("recording.compressionBudget", options => options.Recording.CompressionBudget, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10)),
        .. EmbeddedEngineOptions.Ranges.Select(range => Part("embedded", options => options.Embedded, range.Name, range.Value, range.Least, range.Most)),
        .. TokenOptions.Ranges.Select(range => Part("tokens", options => options.Tokens, range.Name, range.Value, range.Least, range.Most)),
        Range("cluster.siloPort", options => options.Cluster.SiloPort, 0, 65_535),
        Range("cluster.gatewayPort", options => options.Cluster.GatewayPort, 0, 65_535),
        Range("cluster.probeTimeout", options => options.Cluster.ProbeTimeout, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30)),
        Range("cluster.callDeadline", options => options.Cluster.CallDeadline, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        Range("cluster.mailboxLimit", options => options.Cluster.MailboxLimit, 10, 1_000_000),
        .. LimitOptions.Ranges.Select(range => Part("limits", options => options.Limits, range.Name, range.Value, range.Least, range.Most)),
        Range("mail.port", options => options.Mail.Port, 1, 65_535),
    ];

    /// <summary>As the options of a part are named in whole.</summary>
    public static string NameOf(string part, string name) => $"{part}.{JsonNamingPolicy.CamelCase.ConvertName(name)}";

    private static OptionRange Range<T>(string name, Func<NodeOptions, T> value, T least, T most) where T : struct, IComparable =>
        new(name, options => value(options), least, most);

    private static OptionRange Part<T>(string part, Func<NodeOptions, T> options, string name, Func<T, IComparable> value, IComparable least, IComparable most) =>
        new(NameOf(part, name), all => value(options(all)), least, most);
}
