using System.Text.Json;

namespace Lucid.Cli.Node;

/// <param name="Url">Where the node listens.</param>
/// <param name="Pid">Its process.</param>
internal sealed record NodeNotice(string Url, int Pid, string? Network, string? Recorder, DateTimeOffset? StartedAt);

/// <summary>What a node leaves in its data directory for the programs of its owner.</summary>
/// <param name="Directory">The data directory.</param>
internal sealed record NodeFiles(string Directory)
{
    private const long MostLogBytes = 1 << 20;

    public string NoticePath => Path.Combine(Directory, "node.json");
    public string TokenPath => Path.Combine(Directory, "token");
    public string LogPath => Path.Combine(Directory, "node.log");
    public string TrustPath => Path.Combine(Directory, "trust");

    /// <summary>Whether a node has ever run here.</summary>
    public bool Used => File.Exists(TokenPath);

    /// <summary>What the running node says of itself; null where none runs, or its notice is half-written.</summary>
    public NodeNotice? ReadNotice()
    {
        try
        {
            var notice = JsonSerializer.Deserialize<NodeNotice>(File.ReadAllBytes(NoticePath), NodeJson.Options);
            return notice is not null && Uri.TryCreate(notice.Url, UriKind.Absolute, out _) ? notice : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CliException($"'{NoticePath}' belongs to another user; run as that user, or name another directory with --data.", e);
        }
    }

    /// <summary>
    /// Puts a log of 1 MiB or more aside, in the place of the one put aside before: what nodes say over many starts must not fill the disk.
    /// </summary>
    public void RotateLog()
    {
        var log = new FileInfo(LogPath);
        // Two commands may start a node at the same moment: the one that comes second finds a short log, or none.
        if (log.Exists && log.Length >= MostLogBytes)
            log.MoveTo($"{LogPath}.1", overwrite: true);
    }

    /// <summary>The token that the node asks for; null where there is none yet.</summary>
    public string? ReadToken()
    {
        try
        {
            return File.ReadAllText(TokenPath).Trim();
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CliException($"'{TokenPath}' belongs to another user; run as that user, or name another directory with --data.", e);
        }
    }

    /// <summary>The last line that a node which we started has written.</summary>
    public string LastWords()
    {
        try
        {
            return File.ReadLines(LogPath).LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim() ?? "it said nothing";
        }
        catch (IOException)
        {
            return "it left no log";
        }
    }
}
