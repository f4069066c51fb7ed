using Lucid.GrainInterfaces.Limits;

namespace Lucid.Gateway.Limits;

/// <summary>How much anybody may ask of the gateway. Nothing is unlimited. All rates are requests a minute.</summary>
public sealed record LimitOptions
{
    private const int Most = 10_000_000;
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);

    /// <summary>Of one address (IPv6: of one /64) that shows no valid token. Default 100, range 1 to 10,000,000.</summary>
    public int Strangers { get; init; } = 100;

    /// <summary>Of one user or node operator; a token for one session has as much of its own. Default 1,000, range 1 to 10,000,000.</summary>
    public int Users { get; init; } = 1_000;

    /// <summary>Of one administrator. Default 10,000, range 1 to 10,000,000.</summary>
    public int Admins { get; init; } = 10_000;

    /// <summary>Logins tried from one address. Default 10, range 1 to 10,000,000.</summary>
    public int Login { get; init; } = 10;

    /// <summary>How long an address that has tried more often can try no more. Default 5 min, range 0 to 1 d.</summary>
    public TimeSpan LoginBlock { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Tokens refreshed from one address. Default 60, range 1 to 10,000,000.</summary>
    public int Refresh { get; init; } = 60;

    /// <summary>Sessions created by one user. Default 10, range 1 to 10,000,000.</summary>
    public int CreateSession { get; init; } = 10;

    /// <summary>Questions about the ledger by one user. Default 500, range 1 to 10,000,000.</summary>
    public int ChainQueries { get; init; } = 500;

    /// <summary>Questions about anchors by one user. Default 200, range 1 to 10,000,000.</summary>
    public int Anchoring { get; init; } = 200;

    /// <summary>Merkle proofs checked for one user. Default 300, range 1 to 10,000,000.</summary>
    public int Merkle { get; init; } = 300;

    /// <summary>
    /// As how many strangers loopback counts: whoever comes through an onion service, or through a proxy that is not configured, has the
    /// address of this machine. Nobody there is blocked for the others' failures. Default 20, range 1 to 1,000.
    /// </summary>
    public int LoopbackTimes { get; init; } = 20;

    /// <summary>The share of each limit that a gateway gives by itself while it cannot ask what the others gave. Default 0.25, range 0.01 to 1.</summary>
    public double AloneShare { get; init; } = 0.25;

    /// <summary>
    /// Strangers, and again callers, that a gateway remembers at a time; any more of them share what one of loopback has. Default 100,000, range
    /// 1,000 to 1,000,000.
    /// </summary>
    public int Partitions { get; init; } = 100_000;

    /// <summary>Connections at once. Default 5,000, range 10 to 100,000.</summary>
    public int Connections { get; init; } = 5_000;

    /// <summary>Connections at once from one address that is not loopback's or a trusted proxy's. Default 500, range 10 to 100,000.</summary>
    public int ConnectionsPerAddress { get; init; } = 500;

    /// <summary>How often in a row a grain may not answer in time before it is asked no more for a while. Default 5, range 1 to 1,000.</summary>
    public int CircuitFailures { get; init; } = 5;

    /// <summary>How long it is asked no more, at most: first a second, then twice as long after each try in vain. Default 30 s, range 1 s to 10 min.</summary>
    public TimeSpan CircuitOpen { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The bounds of everything above.</summary>
    public static IReadOnlyList<OptionRange<LimitOptions>> Ranges { get; } =
    [
        new(nameof(Strangers), limits => limits.Strangers, 1, Most),
        new(nameof(Users), limits => limits.Users, 1, Most),
        new(nameof(Admins), limits => limits.Admins, 1, Most),
        new(nameof(Login), limits => limits.Login, 1, Most),
        new(nameof(LoginBlock), limits => limits.LoginBlock, TimeSpan.Zero, TimeSpan.FromDays(1)),
        new(nameof(Refresh), limits => limits.Refresh, 1, Most),
        new(nameof(CreateSession), limits => limits.CreateSession, 1, Most),
        new(nameof(ChainQueries), limits => limits.ChainQueries, 1, Most),
        new(nameof(Anchoring), limits => limits.Anchoring, 1, Most),
        new(nameof(Merkle), limits => limits.Merkle, 1, Most),
        new(nameof(LoopbackTimes), limits => limits.LoopbackTimes, 1, 1_000),
        new(nameof(AloneShare), limits => limits.AloneShare, 0.01, 1.0),
        new(nameof(Partitions), limits => limits.Partitions, 1_000, 1_000_000),
        new(nameof(Connections), limits => limits.Connections, 10, 100_000),
        new(nameof(ConnectionsPerAddress), limits => limits.ConnectionsPerAddress, 10, 100_000),
        new(nameof(CircuitFailures), limits => limits.CircuitFailures, 1, 1_000),
        new(nameof(CircuitOpen), limits => limits.CircuitOpen, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
    ];

    /// <summary>One sentence per value that is out of its range.</summary>
    public IEnumerable<string> FindMistakes() => Ranges.Select(range => range.FindMistake(this, "limits.")).OfType<string>();

    /// <param name="isCrowd">Whether the partition stands for many who cannot be told apart.</param>
    internal QuotaTerms TermsOf(RateLimit limit, bool isCrowd)
    {
        var rate = limit switch
        {
            RateLimit.Strangers => Strangers,
            RateLimit.Users => Users,
            RateLimit.Admins => Admins,
            RateLimit.Login => Login,
            RateLimit.Refresh => Refresh,
            RateLimit.CreateSession => CreateSession,
            RateLimit.ChainQueries => ChainQueries,
            RateLimit.Anchoring => Anchoring,
            RateLimit.Merkle => Merkle,
            _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, "There is no such limit."),
        };
        return isCrowd
            ? new QuotaTerms((int)Math.Min((long)rate * LoopbackTimes, Most), _window, TimeSpan.Zero)
            : new QuotaTerms(rate, _window, limit == RateLimit.Login ? LoginBlock : TimeSpan.Zero);
    }
}
