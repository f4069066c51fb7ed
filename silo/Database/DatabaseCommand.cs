using System.Globalization;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Database;

/// <summary>The silo's verb `database`: brings a cluster's database to the schema that this Lucid needs, or says how far from it it is.</summary>
internal static class DatabaseCommand
{
    /// <summary>Where the connection string may stand instead of on the command line, which every user of the machine can read.</summary>
    public const string Variable = "LUCID__CLUSTER__DATABASE";

    /// <summary>Or in a file, which this names.</summary>
    public const string FileVariable = "LUCID__CLUSTER__DATABASEFILE";

    private const int Current = 0;
    private const int OtherSchema = 1;
    private const int BadInput = 2;
    private const int Unreachable = 3;

    public const string Usage = """
        Usage: lucid database migrate|status [--connection STRING]

          migrate  brings the schema of a cluster's database to what this Lucid needs
          status   says which schema it has, and changes nothing

          --connection STRING  Host=…;Database=…;Username=…;Password=… (default: $LUCID__CLUSTER__DATABASE,
                               or what the file $LUCID__CLUSTER__DATABASEFILE holds)

        Exit code: 0 the schema is current, 1 it is another one, 2 an option cannot be used, 3 the server cannot be reached.
        """;

    /// <param name="environment">What a silo that is started here would use.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, ClusterOptions environment, TextWriter output, TextWriter error)
    {
        if (args is [.., "--help" or "-h"] or ["help"])
        {
            output.WriteLine(Usage);
            return Current;
        }
        var (verb, connection) = args switch
        {
            ["migrate" or "status", "--connection", var named] => (args[0], named),
            ["migrate" or "status"] => (args[0], null),
            _ => ("", null),
        };
        if (verb.Length == 0)
        {
            error.WriteLine(Usage);
            return BadInput;
        }
        try
        {
            if (connection is null && environment is { Database: null, DatabaseFile: null })
                throw new InvalidDataException($"name the database with --connection STRING, in {Variable}, or in a file that {FileVariable} names.");
            connection ??= environment.ReadDatabase();
            await using var database = new ClusterDatabase(connection);
            return verb == "migrate" ? await MigrateAsync(database, output) : await StatusAsync(database, output);
        }
        catch (Exception exception) when (exception is InvalidDataException or DatabaseSchemaException or DatabaseUnreachableException)
        {
            error.WriteLine($"lucid database: {exception.Message}");
            return exception switch
            {
                DatabaseUnreachableException => Unreachable,
                DatabaseSchemaException => OtherSchema,
                _ => BadInput,
            };
        }
    }

    private static async Task<int> MigrateAsync(ClusterDatabase database, TextWriter output)
    {
        var applied = await database.MigrateAsync(CancellationToken.None);
        foreach (var migration in applied)
            output.WriteLine($"applied {migration}");
        output.WriteLine($"{database.Name} has schema {Migration.All.Length}{(applied.IsEmpty ? "; nothing was to be done" : "")}.");
        return Current;
    }

    private static async Task<int> StatusAsync(ClusterDatabase database, TextWriter output)
    {
        var status = await database.StatusAsync(CancellationToken.None);
        foreach (var there in status.Applied)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{there.Version:0000}-{there.Name}  applied {there.AppliedAt:yyyy-MM-dd HH:mm:ss}Z"));
        foreach (var missing in status.Pending)
            output.WriteLine($"{missing}  missing");
        output.WriteLine(status.Fault ?? $"{database.Name} has schema {status.Version}, which this Lucid needs.");
        return status.IsCurrent ? Current : OtherSchema;
    }
}
