using System.Collections;
using Lucid.Silo.Configuration;

namespace Lucid.Silo.Hosting;

/// <summary>Reads the command line, then the environment (LUCID__…), then DATA/lucid.json; what comes first wins.</summary>
public static class NodeArguments
{
    private const string Prefix = "LUCID__";
    private const string DataOption = "data";

    private static readonly Dictionary<string, string> _valued = new(StringComparer.Ordinal)
    {
        ["--data"] = DataOption,
        ["--urls"] = "urls",
        ["--name"] = "name",
        ["--network"] = "network",
        ["--block-interval"] = "blockInterval",
    };

    public const string Usage = """
        Usage: lucid up [--data DIR] [--urls URL] [--name NAME] [--network NAME] [--block-interval MS] [--until-idle]

          --data DIR           where the node keeps everything (default: $LUCID_HOME, else ~/.lucid)
          --urls URL           where it listens, loopback only (default: http://127.0.0.1:8080; port 0 takes a free one)
          --name NAME          the node's name on its network (default: node-1; fixed by the first start)
          --network NAME       the network's name (default: local; fixed by the first start)
          --block-interval MS  between blocks, 100 to 60000 (default: 10000; fixed by the first start)
          --until-idle         stop once the last session is anchored

        Further options stand in DIR/lucid.json; docs/options.md lists them.
        """;

    /// <summary>The options, or every mistake in them at once.</summary>
    /// <param name="environment">Of this process, where null.</param>
    public static (NodeOptions? Options, IReadOnlyList<string> Mistakes) Read(IReadOnlyList<string> args, IReadOnlyDictionary<string, string>? environment = null)
    {
        var mistakes = new List<string>();
        var given = CommandLine(args, mistakes);
        var variables = Variables(environment ?? OwnEnvironment());
        // Where the file lies, the file itself cannot say.
        var data = given.Concat(variables).FirstOrDefault(setting => setting.Name.Equals(DataOption, StringComparison.OrdinalIgnoreCase))?.Text;
        var (options, others) = OptionReader.Read(FromFile(string.IsNullOrEmpty(data) ? NodeOptions.DefaultData : data, mistakes), variables, given);
        mistakes.AddRange(others);
        return mistakes.Count > 0 ? (null, mistakes) : (options with { Data = Path.GetFullPath(options.Data) }, []);
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
