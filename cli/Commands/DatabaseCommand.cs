using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid database: the schema of a cluster's database. The silo program does it, which carries the migrations.</summary>
internal sealed class DatabaseCommand : CliCommand
{
    public DatabaseCommand(Surroundings surroundings) : base("database", "Look after the PostgreSQL database that the silos of a cluster share.")
    {
        Add(Verb(
            surroundings, "migrate", "Bring its schema to what this Lucid needs. Silos refuse another one, and never migrate by themselves.",
            "LUCID__CLUSTER__DATABASE='Host=db1;Database=lucid;Username=lucid;Password=…' lucid database migrate",
            "lucid database migrate --connection 'Host=/run/postgresql;Database=lucid'"));
        Add(Verb(
            surroundings, "status", "Say which schema it has and which it needs. Changes nothing.",
            "lucid database status    exit code 0: current, 1: another schema, 3: its server cannot be reached"));
    }

    private static CliCommand Verb(Surroundings surroundings, string name, string description, params string[] examples)
    {
        var verb = new CliCommand(name, description, examples);
        var connection = new Option<string?>("--connection")
        {
            HelpName = "STRING",
            Description = "The database, as Host=…;Database=…;Username=…;Password=…. Default: LUCID__CLUSTER__DATABASE, which other users of the machine cannot read",
        };
        verb.Add(connection);
        verb.SetAction((parsed, cancellation) =>
        {
            List<string> arguments = ["database", name];
            if (parsed.GetValue(connection) is { } named)
                arguments.AddRange(["--connection", named]);
            return SiloRun.RunAsync(surroundings, arguments, cancellation);
        });
        return verb;
    }
}
