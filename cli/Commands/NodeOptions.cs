using System.CommandLine;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>The options of every command that say which node is meant.</summary>
internal sealed class NodeOptions(Surroundings surroundings)
{
    public Option<string?> Data { get; } = new("--data")
    {
        Description = "The node's data directory. Default: LUCID_HOME, else ~/.lucid",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<string?> Url { get; } = new("--url")
    {
        Description = "A node elsewhere; its token is taken from LUCID_TOKEN or the data directory",
        HelpName = "URL",
        Recursive = true,
    };

    public NodeFiles Files(ParseResult parsed) => new(Path.GetFullPath(parsed.GetValue(Data) ?? surroundings.Home));

    /// <summary>Connects to the node that the command line means.</summary>
    public Task<NodeConnection> OpenAsync(ParseResult parsed, NodeNeed need, CancellationToken cancellation)
    {
        Uri? url = null;
        if (parsed.GetValue(Url) is { } text &&
            (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
            throw new CliException($"--url '{text}' is no address of a node, such as http://127.0.0.1:8080.");
        return NodeConnection.OpenAsync(surroundings, Files(parsed), url, need, cancellation);
    }
}
