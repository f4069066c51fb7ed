using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// How often somebody failed to sign in lately: one for each account ("account/…") and for each subscriber that calls ("address/…": an IPv4 address, or
/// the /64 of an IPv6 one; loopback has none, where all come from whom a proxy or an onion service brings). The first two
/// failures are counted in memory, since a stranger who tries a million accounts must not write a million rows, and are forgotten where nobody asks for
/// some minutes; from the third on they are kept, as is that somebody is locked out.
/// </summary>
public interface IAttemptsGrain : IGrain
{
    /// <summary>Asked before an attempt is looked at.</summary>
    /// <exception cref="LockedOutException">Five failed within a quarter of an hour, and the last one was less than that ago.</exception>
    Task CheckAsync();

    /// <summary>One more has failed.</summary>
    Task FailedAsync();

    /// <summary>One succeeded: those before do not count any more.</summary>
    Task SucceededAsync();
}
