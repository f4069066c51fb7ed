using System.Collections.Immutable;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>
/// What the issuer's grain keeps beside its journal of revocations. 100 keys with gateways' names of 128 characters are 38 KiB of the 64 that a
/// state may have.
/// </summary>
public sealed record IssuerState
{
    public ImmutableArray<PublishedKey> Keys { get; init; } = [];

    /// <summary>The first row of the journal that may still matter.</summary>
    public long First { get; init; }

    /// <summary>See <see cref="IssuerNews.RenewBefore"/>; null before the first activation has been saved.</summary>
    public DateTimeOffset? RenewBefore { get; init; }
}

/// <param name="At">When it was revoked, by this grain's clock.</param>
public sealed record RevocationRow(Revocation Revocation, DateTimeOffset At);
