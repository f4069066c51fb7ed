namespace Lucid.Silo.Hosting;

/// <summary>Reads the command line, then the environment (LUCID__…), then DATA/lucid.json; what comes first wins.</summary>
public static class NodeArguments
{
    private static readonly Dictionary<string, string> _valued = new(StringComparer.Ordinal)
    {
        ["--data"] = nameof(NodeOptions.Data),
        ["--urls"] = nameof(NodeOptions.Urls),
        ["--name"] = nameof(NodeOptions.Name),
        ["--network"] = nameof(NodeOptions.Network),
        ["--block-interval"] = nameof(NodeOptions.BlockInterval),
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
    public static (NodeOptions? Options, IReadOnlyList<string> Mistakes) Read(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var mistakes = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            if (name == "--until-idle" && value is null)
                given[nameof(NodeOptions.UntilIdle)] = "true";
            else if (!_valued.TryGetValue(name, out var key))
                mistakes.Add($"'{args[i]}' is not an option; {string.Join(", ", _valued.Keys)} and --until-idle are");
            else if (value is null && ++i == args.Count)
                mistakes.Add($"{name} needs a value");
            else
                given[key] = value ?? args[i];
        }
        if (mistakes.Count > 0)
            return (null, mistakes);

        var data = given.GetValueOrDefault(nameof(NodeOptions.Data)) ?? NodeOptions.DefaultData;
        try
        {
            var configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.GetFullPath(Path.Combine(data, "lucid.json")), optional: true)
                .AddEnvironmentVariables("LUCID__")
                .AddInMemoryCollection(given)
                .Build();
            var options = configuration.Get<NodeOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new NodeOptions();
            options = options with { Data = Path.GetFullPath(options.Data) };
            mistakes.AddRange(options.Mistakes());
            return mistakes.Count > 0 ? (null, mistakes) : (options, []);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or InvalidDataException)
        {
            return (null, [exception.InnerException is null ? exception.Message : $"{exception.Message} {exception.InnerException.Message}"]);
        }
    }
}
