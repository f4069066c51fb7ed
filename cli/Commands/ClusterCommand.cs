using System.Globalization;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid cluster status: the silos of a cluster and what they have to do, in one screen.</summary>
internal sealed class ClusterCommand : CliCommand
{
    public ClusterCommand(Surroundings surroundings, NodeOptions node) : base(
        "cluster", "See how a cluster is.",
        "lucid cluster status",
        "lucid cluster status --json | jq '.silos[].name'")
    {
        var json = Typed.Json();
        var status = new CliCommand("status", "The silos, their roles and grains, how late their streams are, and the reminders that are due.", "lucid cluster status --data DIR");
        status.Add(json);
        status.SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Running, cancellation);
            var cluster = await connection.Client.Node.GetClusterAsync(cancellation);
            if (parsed.GetValue(json))
                surroundings.WriteJson(cluster);
            else
                Print(surroundings, cluster);
            return ExitCode.Ok;
        });
        Add(status);
    }

    private static void Print(Surroundings surroundings, ClusterView cluster)
    {
        surroundings.OutConsole.Write(PlainTable.Facts(
            ("cluster", cluster.Cluster),
            ("network", cluster.Network),
            ("gateway", cluster.Gateway),
            ("silos", $"{cluster.Silos.Count(silo => silo.State == "active")} of {cluster.Silos.Length} active; {cluster.Ledger} holds the ledger"),
            ("reminders", cluster.Reminders is { } reminders ? $"{reminders.DueWithinMinute} due within a minute, of {reminders.Kept}" : "unknown: the database does not answer")));
        surroundings.OutConsole.WriteLine();
        var table = PlainTable.Create("silo", "roles", "state", "address", "since", "grains", "of them", "stream lag", "memory");
        foreach (var silo in cluster.Silos)
        {
            table.AddRow(
                new Text(silo.Name),
                new Text(string.Join(", ", silo.Roles)),
                new Markup(silo.State == "active" ? "active" : $"[red]{Markup.Escape(silo.State)}[/]"),
                new Text(silo.Address ?? ""),
                new Text(silo.StartedAt is { } since ? Plain.Moment(since) : ""),
                new Text(silo.Activations?.ToString(CultureInfo.InvariantCulture) ?? "?").RightJustified(),
                new Text(string.Join(", ", silo.Grains.Select(kind => $"{kind.Value} {kind.Key}"))),
                new Text(silo.StreamLagMs is { } lag ? $"{lag.ToString("0", CultureInfo.InvariantCulture)} ms" : "").RightJustified(),
                new Text(silo.MemoryBytes is { } bytes ? Plain.Bytes(bytes) : "").RightJustified());
        }
        surroundings.OutConsole.Write(table);
    }
}
