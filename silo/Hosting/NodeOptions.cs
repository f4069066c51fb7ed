using Lucid.Engine.Embedded;
using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Limits;
using Lucid.Silo.Configuration;
using Lucid.Silo.Mail;
using Lucid.Silo.Recording;
using SessionOptions = Lucid.Grains.Sessions.SessionOptions;

namespace Lucid.Silo.Hosting;

/// <summary>Everything a node can be told. Read once from command line, environment and file; all mistakes are reported together.</summary>
public sealed record NodeOptions
{
    /// <summary>What runs the grains; default embedded.</summary>
    public EngineKind Engine { get; init; } = EngineKind.Embedded;

    /// <summary>Which part of Lucid this process is; default node. The engine orleans has silo and gateway instead.</summary>
    public NodeRole Role { get; init; } = NodeRole.Node;

    /// <summary>The data directory.</summary>
    public string Data { get; init; } = DefaultData;

    /// <summary>Where the API listens, separated by semicolons: http on loopback, https anywhere with a certificate. Port 0 takes a free one.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:8080";

    /// <summary>The node's name on its network: a-z, 0-9, '.', '_' and '-', at most 63. Fixed by the first start, whose default is node-1.</summary>
    public string? Name { get; init; }

    /// <summary>The network's name. Fixed by the first start, whose default is local.</summary>
    public string? Network { get; init; }

    /// <summary>Milliseconds between blocks: 100 to 60,000. Fixed by the first start, whose default is 10,000, because it is part of the genesis.</summary>
    public int? BlockInterval { get; init; }

    /// <summary>Stop once the last session is anchored and nobody has asked for anything for a while.</summary>
    public bool UntilIdle { get; init; }

    /// <summary>How many silos to run on this machine, 1 to 16, with all that they need; null for one node. On the command line only (--cluster).</summary>
    internal int? Silos { get; init; }

    public SessionOptions Sessions { get; init; } = new();
    public RecordingOptions Recording { get; init; } = new();
    public EmbeddedEngineOptions Embedded { get; init; } = new();
    public TokenOptions Tokens { get; init; } = new();
    public ClusterOptions Cluster { get; init; } = new();
    public AccessOptions Access { get; init; } = new();
    public LimitOptions Limits { get; init; } = new();
    public MailOptions Mail { get; init; } = new();

    /// <summary>LUCID_HOME, or .lucid in the home directory.</summary>
    public static string DefaultData =>
        Environment.GetEnvironmentVariable("LUCID_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".lucid");

    /// <summary>Every value that is out of its range, missing, or at odds with another, in one sentence each.</summary>
    public IReadOnlyList<string> Mistakes() => [.. FindMistakes().Select(mistake => mistake.Text)];

    internal IEnumerable<OptionMistake> FindMistakes() =>
        [.. NodeRules.Find(this), .. AccessRules.Find(this), .. OptionRanges.All.Select(range => range.Find(this)).OfType<OptionMistake>(), .. ClusterRules.Find(this)];
}
