using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Lucid.Gateway.Access;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Limits;

/// <summary>
/// Decides for the framework's rate limiting middleware whether a request is answered: by who sends it, and by the endpoint's own rule.
/// The framework's own limiters know neither our clock nor the other gateways.
/// </summary>
/// <remarks>
/// Not limited is <see cref="Caller.Local"/>: whoever holds the token in the data directory can read, delete and replace all that the node has,
/// so a limit would protect nothing, and it records whatever this machine has to record. What it sends is bounded by the recorder's memory and
/// the grains' mailboxes, as everything is. Nor are the other processes of a cluster, who have limited whoever asked them.
/// </remarks>
internal sealed class QuotaLimiter(LimitOptions limits, GatewayOptions options, QuotaSource source) : PartitionedRateLimiter<HttpContext>
{
    private const string LimitHeader = "X-RateLimit-Limit";
    private const string RemainingHeader = "X-RateLimit-Remaining";
    private const string ResetHeader = "X-RateLimit-Reset";

    // Of a grain's key and a partition's name.
    private const int LongestPartition = 200;

    // Apart, so that strangers push no user out.
    private readonly QuotaTable _strangers = new(limits, source);
    private readonly QuotaTable _callers = new(limits, source);

    /// <summary>Partitions that are remembered now.</summary>
    public int Count => _strangers.Count + _callers.Count;

    public override RateLimiterStatistics? GetStatistics(HttpContext resource) => null;

    /// <summary>Counts a request that does not come as far as the limits: of who sends it, or of its address where no valid token was shown.</summary>
    public async ValueTask<QuotaVerdict> ChargeAsync(HttpContext context)
    {
        var caller = context.Features.Get<Caller>();
        if (!options.IsLimited || caller == Caller.Local)
            return QuotaVerdict.Exempt;
        return await TakeAsync(context, General(caller), own: null);
    }

    /// <summary>Takes that back of an address, for one who has turned out to be no stranger.</summary>
    public void ReturnStranger(HttpContext context)
    {
        if (!options.IsLimited || context.Features.Get<QuotaVerdict>() is not { } taken)
            return;
        Find(context, RateLimit.Strangers).Return(taken);
        context.Features.Set<QuotaVerdict>(null);
    }

    /// <summary>Never: the middleware asks the other one then, which answers at once wherever it can.</summary>
    protected override RateLimitLease AttemptAcquireCore(HttpContext resource, int permitCount) => Answer.No;

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(HttpContext resource, int permitCount, CancellationToken cancellationToken)
    {
        var caller = resource.Features.Get<Caller>();
        if (!options.IsLimited || caller == Caller.Local)
        {
            resource.Features.Set(QuotaVerdict.Exempt);
            return Answer.Yes;
        }
        var verdict = await TakeAsync(resource, General(caller), resource.GetEndpoint()?.Metadata.GetMetadata<EndpointLimit>()?.Limit);
        return verdict.IsGranted ? Answer.Yes : Answer.No;
    }

    private async ValueTask<QuotaVerdict> TakeAsync(HttpContext context, RateLimit general, RateLimit? own)
    {
        var first = Find(context, general);
        var verdict = await first.TakeAsync(context.RequestAborted);
        if (verdict.IsGranted && own is { } limit)
        {
            var tighter = await Find(context, limit).TakeAsync(context.RequestAborted);
            if (!tighter.IsGranted)
                first.Return(verdict);
            if (!tighter.IsGranted || tighter.Remaining < verdict.Remaining)
                verdict = tighter;
        }
        var headers = context.Response.Headers;
        headers[LimitHeader] = verdict.Limit.ToString(CultureInfo.InvariantCulture);
        headers[RemainingHeader] = verdict.Remaining.ToString(CultureInfo.InvariantCulture);
        headers[ResetHeader] = Seconds(verdict.ResetsAfter).ToString(CultureInfo.InvariantCulture);
        context.Features.Set(verdict);
        return verdict;
    }

    private Quota Find(HttpContext context, RateLimit limit)
    {
        if (context.Features.Get<Caller>() is { } caller)
            return _callers.Find(limit, Partition(caller), isCrowd: false);
        var subscriber = ClientAddress.Subscriber(context.Connection.RemoteIpAddress);
        return _strangers.Find(limit, subscriber, isCrowd: subscriber == ClientAddress.Loopback);
    }

    private static RateLimit General(Caller? caller) => caller switch
    {
        null => RateLimit.Strangers,
        { Role: Role.Admin or Role.SuperAdmin, OnlySession: null } => RateLimit.Admins,
        _ => RateLimit.Users,
    };

    /// <summary>A recorder has its own, so that one of them leaves its user, and the user's other recorders, all of theirs.</summary>
    private static string Partition(Caller caller)
    {
        var name = caller.OnlySession is { } session ? $"{caller.Subject}/{session:D}" : caller.Subject;
        return name.Length <= LongestPartition ? name : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
    }

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    private sealed class Answer(bool isYes) : RateLimitLease
    {
        public static readonly Answer Yes = new(isYes: true);
        public static readonly Answer No = new(isYes: false);

        public override bool IsAcquired => isYes;
        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
