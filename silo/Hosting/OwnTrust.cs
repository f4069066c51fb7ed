using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Verification;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>Whoever runs a node takes its own network's word.</summary>
internal static class OwnTrust
{
    public static void Add(DataFolder folder, Genesis genesis, ILogger log)
    {
        var trust = new TrustStore(folder.Trust);
        try
        {
            trust.Add(genesis.Validators);
        }
        catch (MalformedException damage)
        {
            // The genesis, which was checked, says the same: nothing is lost by writing it anew.
            log.LogWarning("The node's own trusted validators are written anew: {Reason}", damage.Message);
            trust.Add(genesis.Validators, replace: true);
        }
    }
}
