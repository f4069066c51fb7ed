using System.Collections.Immutable;
using System.Globalization;
using Lucid.Silo.Configuration;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Supervision;

/// <summary>What each process of a cluster on one machine is told.</summary>
/// <param name="Ledger">The silo that holds the ledger, and outlives the others.</param>
/// <param name="Others">The other silos.</param>
internal sealed record ClusterPlan(NodePlan Ledger, ImmutableArray<NodePlan> Others, NodePlan Gateway)
{
    public const string GatewayName = "gateway-1";

    private const string Prefix = "LUCID__";

    public ImmutableArray<NodePlan> Silos => [Ledger, .. Others];

    /// <param name="options">Checked, and for a cluster: with <see cref="NodeOptions.Silos"/>.</param>
    /// <param name="file">What stands in the folder's lucid.json, which is the gateway's own: silos are told the same.</param>
    /// <param name="given">The names of our own environment's variables, in any case. What stands there goes before the file.</param>
    public static ClusterPlan Make(NodeOptions options, ClusterFolder folder, ClusterFile ports, IEnumerable<OptionSetting> file, IReadOnlySet<string> given)
    {
        var shared = ImmutableDictionary.CreateRange<string, string?>(StringComparer.OrdinalIgnoreCase,
        [
            new("LUCID__ENGINE", "orleans"),
            new("LUCID__CLUSTER__ID", options.Cluster.Id),
            new("LUCID__CLUSTER__DATABASEFILE", folder.Database),
            new("LUCID__CLUSTER__LEDGER", ClusterFile.NameOf(1)),
            // Each has its own below, and none another's.
            new("LUCID__URLS", null),
            new("LUCID__NETWORK", null),
            new("LUCID__BLOCKINTERVAL", null),
        ]);
        var silos = ports.Silos.Take(options.Silos!.Value).Select(silo => Silo(silo, shared)).ToImmutableArray();
        var gateway = new NodePlan(GatewayName, folder.Root, shared.SetItems(
        [
            new("LUCID__ROLE", "gateway"),
            new("LUCID__NAME", GatewayName),
            new("LUCID__DATA", folder.Root),
            new("LUCID__URLS", options.Urls),
        ]));
        return new ClusterPlan(silos[0], silos[1..], gateway);

        NodePlan Silo(SiloPorts silo, ImmutableDictionary<string, string?> environment)
        {
            foreach (var setting in file.Where(setting => setting is not { IsText: false, Text: "null" }))
            {
                var name = Prefix + setting.Name.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();
                if (!environment.ContainsKey(name) && !given.Contains(name))
                    environment = environment.Add(name, setting.Text);
            }
            if (silo == ports.Silos[0])
            {
                environment = environment.SetItem("LUCID__NETWORK", options.Network)
                    .SetItem("LUCID__BLOCKINTERVAL", options.BlockInterval?.ToString(CultureInfo.InvariantCulture));
            }
            return new NodePlan(silo.Name, folder.Silo(silo.Name), environment.SetItems(
            [
                new("LUCID__ROLE", "silo"),
                new("LUCID__NAME", silo.Name),
                new("LUCID__DATA", folder.Silo(silo.Name)),
                new("LUCID__CLUSTER__SILOPORT", silo.Silo.ToString(CultureInfo.InvariantCulture)),
                new("LUCID__CLUSTER__GATEWAYPORT", silo.Gateway.ToString(CultureInfo.InvariantCulture)),
                new("LUCID__CLUSTER__RECORDERURL", $"{(options.Cluster.Certificate is null ? "http" : "https")}://127.0.0.1:{silo.Recorder}"),
            ]));
        }
    }
}
