using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Limits;

/// <summary>
/// What the gateways of a cluster share of a rate limit, so that whoever calls two of them may not do twice as much. Its key is the limit's
/// name and a shard, such as "users/17": the shard holds the token buckets of all partitions that fall to it. In memory only. Where the grain
/// is lost its buckets are full again, which gives each partition its limit once more, and never more than that.
/// </summary>
public interface IQuotaGrain : IGrain
{
    /// <summary>
    /// Leases permits for good: those that are not used are lost only to whoever leased them, so a lease is small. Calling again after an
    /// answer that was lost leases again.
    /// </summary>
    Task<QuotaLease> TakeAsync(QuotaRequest request);
}

/// <param name="Partition">Whom the limit is for, 1 to 256 characters. It exists from its first request until its bucket is full again.</param>
/// <param name="Wanted">1 to the limit, and what was used beyond earlier leases.</param>
public sealed record QuotaRequest(string Partition, QuotaTerms Terms, int Wanted);

/// <summary>How much one partition may do. Gateways that say different things of one partition are each believed.</summary>
/// <param name="Limit">Permits in a window, at least 1.</param>
/// <param name="Window">Longer than zero.</param>
/// <param name="Block">For how long nothing is given after a request that found nothing; zero for no longer than until a permit is there.</param>
public sealed record QuotaTerms(int Limit, TimeSpan Window, TimeSpan Block);

/// <param name="Granted">0 to what was wanted.</param>
/// <param name="Left">What is left in the bucket, below 1 where less was granted than wanted.</param>
/// <param name="BlockedFor">How long the partition gets nothing; zero where it is not blocked.</param>
public sealed record QuotaLease(int Granted, double Left, TimeSpan BlockedFor);
