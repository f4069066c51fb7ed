using Lucid.Evidence.Ledger;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>
/// That a node, a silo or a gateway is up, and where: for programs on its machine, and for whoever started it. It hangs out from when the web
/// server listens until the stop begins.
/// </summary>
internal sealed class NodeSign(DataFolder folder, NodeAnnouncement announcement, TimeProvider clock)
{
    /// <param name="role">What it is in a cluster, up to the comma; nothing where it is the only one.</param>
    public void HangOut(string url, string name, Genesis genesis, ILogger log, string role = "")
    {
        OwnTrust.Add(folder, genesis, log);
        new NodeFile(url, Environment.ProcessId, genesis.Network, name, clock.GetUtcNow()).Write(folder);
        announcement.Say($"Lucid is ready on {url} ({role}network {genesis.Network.ToString()[..12]}…, data {folder.Root}). Ctrl-C stops it.");
    }

    /// <summary>First of all that stops: whoever looks for a node from here on should find none.</summary>
    public void TakeIn() => File.Delete(folder.NodeFile);
}
