using System.Collections;
using System.Globalization;
using Lucid.Silo.Configuration;

namespace Lucid.Silo.Hosting;

/// <summary>Reads the command line, then the environment (LUCID__…), then DATA/lucid.json; what comes first wins.</summary>
public static class NodeArguments
{
    private const string Prefix = "LUCID__";
    private const string DataOption = "data";
    private const string ClusterArgument = "--cluster";
    private const int MostSilos = 16;

    private static readonly Dictionary<string, string> _valued = new(StringComparer.Ordinal)
    {
        ["--data"] = DataOption,
        ["--urls"] = "urls",
        ["--name"] = "name",
        ["--network"] = "network",
        ["--block-interval"] = "blockInterval",
        [ClusterArgument] = ClusterArgument,
    };

    /// <summary>What a cluster on one machine decides for each of its processes, which have all else in common.</summary>
    private static readonly HashSet<string> _decidedByCluster = new(StringComparer.OrdinalIgnoreCase)
    {
        "engine", "role", "name", "untilIdle", "cluster.database", "cluster.databaseFile", "cluster.advertise", "cluster.siloPort", "cluster.gatewayPort",
        "cluster.recorderUrl", "cluster.ledger",
    };

    public const string Usage = """
        Usage: lucid up [--data DIR] [--urls URL] [--name NAME] [--network NAME] [--block-interval MS] [--until-idle]
               lucid up --cluster N [--data DIR] [--urls URL] [--network NAME] [--block-interval MS]

          --data DIR           where the node keeps everything (default: $LUCID_HOME, else ~/.lucid)
          --urls URL           where it listens, loopback only (default: http://127.0.0.1:8080; port 0 takes a free one)
          --name NAME          the node's name on its network (default: node-1; fixed by the first start)
          --network NAME       the network's name (default: local; fixed by the first start)
          --block-interval MS  between blocks, 100 to 60000 (default: 10000; fixed by the first start)
          --until-idle         stop once the last session is anchored
          --cluster N          instead of one node a cluster on this machine: PostgreSQL, 1 to 16 silos, and a gateway

        Further options stand in DIR/lucid.json; docs/options.md lists them.
        """;

    /// <summary>The options, or every mistake in them at once.</summary>
    /// <param name="environment">Of this process, where null.</param>
    public static (NodeOptions? Options, IReadOnlyList<string> Mistakes) Read(IReadOnlyList<string> args, IReadOnlyDictionary<string, string>? environment = null)
    {
        var mistakes = new List<string>();
        var given = CommandLine(args, mistakes);
        var silos = TakeSilos(given, mistakes);
        var variables = Variables(environment ?? OwnEnvironment());
        // Where the file lies, the file itself cannot say.
        var data = given.Concat(variables).FirstOrDefault(setting => setting.Name.Equals(DataOption, StringComparison.OrdinalIgnoreCase))?.Text;
        IEnumerable<IReadOnlyList<OptionSetting>> places = [FromFile(string.IsNullOrEmpty(data) ? NodeOptions.DefaultData : data, mistakes), variables, given];
        if (silos is not null)
            places = ForCluster(places, mistakes);
        var (options, others) = OptionReader.Read(places);
        mistakes.AddRange(others);
        return mistakes.Count > 0 ? (null, mistakes) : (options with { Data = Path.GetFullPath(options.Data), Silos = silos }, []);
    }

    private static int? TakeSilos(List<OptionSetting> given, List<string> mistakes)
    {
        if (given.Find(setting => setting.Name == ClusterArgument) is not { } cluster)
            return null;
        given.Remove(cluster);
        if (!int.TryParse(cluster.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var silos) || silos is < 1 or > MostSilos)
            mistakes.Add($"{ClusterArgument} is '{cluster.Text}'; it is the number of silos, 1 to {MostSilos}");
        return silos;
    }

    /// <summary>Without what the cluster decides, each of which is a mistake, and judged as one of its silos will be.</summary>
    private static List<IReadOnlyList<OptionSetting>> ForCluster(IEnumerable<IReadOnlyList<OptionSetting>> places, List<string> mistakes)
    {
        var common = new List<IReadOnlyList<OptionSetting>>();
        foreach (var place in places)
        {
            mistakes.AddRange(place.Where(setting => _decidedByCluster.Contains(setting.Name)).Select(setting => $"{setting.Shown} and {ClusterArgument} are both given, and the cluster decides that by itself; leave {setting.Shown} out"));
            common.Add([.. place.Where(setting => !_decidedByCluster.Contains(setting.Name))]);
        }
        var decided = new (string Name, string Text)[] { ("engine", "orleans"), ("role", "silo"), ("name", "silo-1"), ("cluster.databaseFile", "database") };
        common.Add([.. decided.Select(setting => new OptionSetting(setting.Name, setting.Text, IsText: true, ClusterArgument))]);
        return common;
    }

    private static List<OptionSetting> CommandLine(IReadOnlyList<string> args, List<string> mistakes)
    {
        var given = new Dictionary<string, OptionSetting>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            if (name == "--until-idle" && value is null)
                given[name] = new OptionSetting("untilIdle", "true", IsText: true, name);
            else if (!_valued.TryGetValue(name, out var option))
                mistakes.Add($"'{args[i]}' is not an option; {string.Join(", ", _valued.Keys)} and --until-idle are");
            else if (value is null && ++i == args.Count)
                mistakes.Add($"{name} needs a value");
            else
                given[name] = new OptionSetting(option, value ?? args[i], IsText: true, name);
        }
        return [.. given.Values];
    }

    private static Dictionary<string, string> OwnEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);

    private static List<OptionSetting> Variables(IReadOnlyDictionary<string, string> environment) =>
        [.. environment.Where(variable => variable.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(variable => variable.Key, StringComparer.Ordinal)
            .Select(variable => new OptionSetting(variable.Key[Prefix.Length..].Replace("__", ".", StringComparison.Ordinal), variable.Value, IsText: true, variable.Key))];

    private static IReadOnlyList<OptionSetting> FromFile(string data, List<string> mistakes)
    {
        var path = Path.GetFullPath(Path.Combine(data, "lucid.json"));
        try
        {
            return File.Exists(path) ? OptionFile.Read(path, name => $"{name} in {path}") : [];
        }
        catch (InvalidDataException wrong)
        {
            mistakes.Add($"{path}: {wrong.Message}");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{path} cannot be read: {refused.Message.TrimEnd('.')}");
        }
        return [];
    }
}
