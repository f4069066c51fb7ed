using Lucid.Gateway.Auth;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Silo.Hosting;

/// <summary>Says once, to whoever starts a network for the first time, how the first super administrator is chosen.</summary>
internal static class FirstAdministrator
{
    public static async Task AnnounceAsync(IGrains grains, LoginPlace place, NodeAnnouncement announcement, ILogger log)
    {
        try
        {
            if (await BootstrapLink.BeginAsync(grains) is { } secret)
                announcement.Say($"Nobody is super administrator yet. Once, and for whoever has this line: `lucid login --url {place.Url} --wallet FILE --bootstrap {secret}` makes your wallet the first.");
        }
        catch (EngineException unreachable)
        {
            // Not begun, so the next start says it.
            log.LogWarning("Whether there is a super administrator cannot be found out now: {Reason}", unreachable.Message);
        }
    }
}
