using System.Text.Json;
using Lucid.Silo.Access;
using Lucid.Silo.Hosting;
using Lucid.Silo.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>The files of a line or two: the last sign of life, the token, where the node listens, its options.</summary>
internal sealed class SmallFilesAudit(DataFolder folder, bool isLive, AuditFindings findings)
{
    public void Run()
    {
        Check(folder.Alive, AuditSeverity.Mendable, "An outage before the next start would not be named. The next start writes it anew", bytes =>
            NodeLife.Parse(bytes) is { } beat && beat.ToUnixTimeMilliseconds() > 0 ? null : "it is no moment as the node writes it");
        Check(folder.Token, AuditSeverity.Mendable, "Delete it, and the next start makes a new one", bytes =>
            NodeFile.IsToken(System.Text.Encoding.UTF8.GetString(bytes).Trim()) ? null : "it holds no token");
        CheckTokenKeys();
        if (File.Exists(folder.NodeFile))
            Check(folder.NodeFile, AuditSeverity.Mendable, "The next start writes it anew", FindFaultInNotice);
        if (File.Exists(Path.Combine(folder.Root, "lucid.json")))
            CheckOptions(Path.Combine(folder.Root, "lucid.json"));
    }

    private void CheckTokenKeys()
    {
        foreach (var path in Directory.Exists(folder.TokenKeys) ? Directory.GetFiles(folder.TokenKeys) : [])
        {
            // A running node may be writing its next key.
            if (path.EndsWith(DurableFile.UnfinishedSuffix, StringComparison.Ordinal))
                continue;
            try
            {
                findings.Counted(new FileInfo(path).Length);
                TokenKeys.Read(path).Signer.Dispose();
            }
            catch (InvalidDataException)
            {
                findings.Damage(path, "it is no key of access tokens as this node writes it, or others may read it", "No node starts with it. Put it back from a backup, or delete it: the next start makes a new one, and no recording needs it");
            }
        }
    }

    private string? FindFaultInNotice(byte[] bytes)
    {
        try
        {
            using var notice = JsonDocument.Parse(bytes);
            return notice.RootElement.TryGetProperty("url", out var url) && Uri.TryCreate(url.GetString(), UriKind.Absolute, out _) &&
                notice.RootElement.TryGetProperty("pid", out var pid) && pid.TryGetInt32(out _)
                ? null
                : "it does not say where a node listens";
        }
        catch (Exception damage) when (damage is JsonException or InvalidOperationException)
        {
            return $"it cannot be read ({damage.Message})";
        }
    }

    private void CheckOptions(string path)
    {
        findings.Counted(new FileInfo(path).Length);
        var (_, mistakes) = NodeArguments.Read(["--data", folder.Root]);
        foreach (var mistake in mistakes)
            findings.Damage(path, mistake, "No node starts with it. Correct it; docs/options.md lists the options");
    }

    private void Check(string path, AuditSeverity severity, string meaning, Func<byte[], string?> findFault)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            findings.Counted(bytes.Length);
            if (findFault(bytes) is { } fault)
                findings.Add(severity, path, fault, meaning);
        }
        catch (FileNotFoundException)
        {
            // A running node takes its notice away while it stops.
            if (!isLive || path != folder.NodeFile)
                findings.Add(severity, path, "the file is missing", meaning);
        }
        catch (UnauthorizedAccessException)
        {
            findings.Damage(path, "it cannot be read by this user", "Run the audit as the user that the node runs as");
        }
    }
}
