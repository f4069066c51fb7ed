using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;

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
        Description = "A node by its address, as whom `lucid login` signed in there; LUCID_TOKEN goes before that, for programs",
        HelpName = "URL",
        Recursive = true,
    };

    public NodeFiles Files(ParseResult parsed) => new(Path.GetFullPath(parsed.GetValue(Data) ?? surroundings.Home));

    /// <summary>Connects to the node that the command line means.</summary>
    public Task<NodeConnection> OpenAsync(ParseResult parsed, NodeNeed need, CancellationToken cancellation, NodeCaller caller = NodeCaller.Usual) =>
        NodeConnection.OpenAsync(surroundings, Files(parsed), UrlOf(parsed), need, caller, cancellation);

    /// <summary>How a sentence goes on that names a command for the same node.</summary>
    public string Again(ParseResult parsed) => parsed.GetValue(Url) is { } url ? $" --url {Plain.Word(url)}" : "";

    private Uri? UrlOf(ParseResult parsed)
    {
        if (parsed.GetValue(Url) is not { } text)
            return null;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new CliException($"--url '{text}' is no address of a node, such as http://127.0.0.1:8080.");
        // https://lucid.example@elsewhere is elsewhere, and looks as if it were not.
        if (url.UserInfo.Length > 0)
            throw new CliException($"--url '{text}' has a name before its host, {url.Host}; leave the name away: lucid login signs in.");
        return url;
    }
}
