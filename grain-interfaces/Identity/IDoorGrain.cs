using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>What all gateways of a network share at their doors. One grain, whose key is <see cref="Key"/>.</summary>
public interface IDoorGrain : IGrain
{
    /// <summary>The only key.</summary>
    public const string Key = "lucid";

    /// <summary>
    /// The secret by which a gateway recognises the challenges of another: whoever knows it can make challenges, and signs none of them.
    /// </summary>
    /// <param name="proposal">32 random bytes, which become the secret where there is none yet.</param>
    Task<byte[]> ChallengeKeyAsync(ReadOnlyMemory<byte> proposal);

    /// <summary>Begins the search for the first super administrator: whoever shows that secret chooses them. Once, ever.</summary>
    /// <param name="secret">SHA-256 of the secret.</param>
    /// <returns>Whether it is that secret; false where it was begun with another before.</returns>
    Task<bool> BeginBootstrapAsync(Hash256 secret);

    /// <summary>Asked before <see cref="BootstrapAsync"/>, which would refuse the same; it changes nothing.</summary>
    /// <exception cref="LoginEndedException">Not that secret, or it was used.</exception>
    Task CheckBootstrapAsync(Hash256 secret, string user);

    /// <summary>Makes that user the first super administrator. The secret is good once.</summary>
    /// <exception cref="LoginEndedException">Not that secret, or it was used.</exception>
    Task<UserView> BootstrapAsync(Hash256 secret, string user);
}
