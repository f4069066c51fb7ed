using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Limits;

namespace Lucid.Gateway;

/// <summary>What the host decides for the gateway. Checked once, at start; all mistakes are reported together.</summary>
public sealed record GatewayOptions
{
    private static readonly OptionRange<GatewayOptions>[] _ranges =
    [
        new(nameof(BlockInterval), options => options.BlockInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        new(nameof(KeepAlive), options => options.KeepAlive, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)),
        new(nameof(HeadersTimeout), options => options.HeadersTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)),
        new(nameof(SlowBodyGrace), options => options.SlowBodyGrace, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(2)),
        new(nameof(ProbeTimeout), options => options.ProbeTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)),
    ];

    /// <summary>The bearer token: 32 to 512 characters of printable ASCII without spaces. Secret.</summary>
    public required string Token { get; init; }

    /// <summary>This process's name; a node records the sessions that are created here. 1 to 128 characters.</summary>
    public required string Node { get; init; }

    /// <summary>The node whose ledger is shown; default this one.</summary>
    public string Ledger { get => field ?? Node; init; }

    /// <summary>Whether whoever connects has shown the cluster's certificate: it may then come from elsewhere than this machine.</summary>
    public bool IsMutualTls { get; init; }

    /// <summary>Whether none but processes of the cluster call, which say on whose behalf: so at a silo.</summary>
    public bool IsForPeers { get; init; }

    /// <summary>Who issues access tokens, which is the network and not a gateway of it: the claim `iss`. 1 to 256 characters of printable ASCII without quotation mark and backslash.</summary>
    public string Issuer { get; init; } = "lucid";

    /// <summary>Of access tokens and their keys.</summary>
    public TokenOptions Tokens { get; init; } = new();

    /// <summary>Whether requests are counted; not at a silo, where they come from gateways that have counted them.</summary>
    public bool IsLimited { get; init; } = true;

    /// <summary>Where this runs, as /meta/info tells it: node, silo or gateway.</summary>
    public string Environment { get; init; } = "node";

    /// <summary>How long a caller is told to wait for a receipt: about one block. Default 10 s, range 100 ms to 60 s.</summary>
    public TimeSpan BlockInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How much anybody may ask.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>Who may reach this, and by what way.</summary>
    public AccessOptions Access { get; init; } = new();

    /// <summary>How long an idle connection stays open. Default 2 min, range 5 s to 1 h.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a request's headers may take to arrive. Default 15 s, range 1 s to 2 min.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a body may come slower than 240 bytes a second before it is given up. Default 5 s, range 2 s to 2 min.</summary>
    public TimeSpan SlowBodyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one dependency may take to say how it is. Default 2 s, range 100 ms to 30 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>One sentence per value that is not acceptable; empty where all are well. The token's value is never in it.</summary>
    public IReadOnlyList<string> FindMistakes()
    {
        List<string> mistakes = [];
        if (Token.Length is < 32 or > 512 || Token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            mistakes.Add("Token has to be 32 to 512 characters of printable ASCII without spaces.");
        if (Node.Length is 0 or > 128)
            mistakes.Add($"Node has to be a node's id of 1 to 128 characters, not '{Node}'.");
        if (Environment.Length is 0 or > 64)
            mistakes.Add($"Environment has to be 1 to 64 characters, not '{Environment}'.");
        if (Issuer.Length is 0 or > 256 || Issuer.AsSpan().ContainsAnyExceptInRange(' ', '~') || Issuer.AsSpan().ContainsAny('"', '\\'))
            mistakes.Add("Issuer has to be 1 to 256 characters of printable ASCII without quotation mark and backslash.");
        mistakes.AddRange(Tokens.FindMistakes());
        mistakes.AddRange(Limits.FindMistakes());
        mistakes.AddRange(Access.FindMistakes());
        mistakes.AddRange(_ranges.Select(range => range.FindMistake(this)).OfType<string>());
        return mistakes;
    }
}
