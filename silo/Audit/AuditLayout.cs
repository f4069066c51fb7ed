using System.Text.RegularExpressions;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>Which names belong into a data directory. Those that do not are told and left alone.</summary>
internal sealed partial class AuditLayout(DataFolder folder, AuditFindings findings)
{
    private const int MatchTimeoutMs = 1000;

    /// <summary>Why a directory cannot be a node's data directory, in one sentence; null where it can.</summary>
    public static string? FindFault(string root)
    {
        if (!Directory.Exists(root))
            return File.Exists(root) ? $"{root} is a file, and a node's data directory is asked for" : $"There is no directory {root}; name a node's with --data DIR";
        var data = new DataFolder(root);
        if (File.Exists(data.Network))
            return $"{root} is of a cluster, whose sessions are in PostgreSQL, which an audit does not read; the evidence files of its sessions verify as ever (lucid export, lucid verify)";
        return File.Exists(data.GrainStore) || Directory.Exists(data.Keys) || Directory.Exists(data.Ledger) || Directory.Exists(data.Chunks)
            ? null
            : $"{root} is no data directory of a node: none of grains.db, keys, ledger and chunks is in it. Name one with --data DIR";
    }

    /// <summary>A file or folder that nobody knows, or that a kill left unfinished.</summary>
    public void Stranger(string path)
    {
        if (path.EndsWith(DurableFile.UnfinishedSuffix, StringComparison.Ordinal))
            findings.Note(path, "a file that was being written when the node died, or is being written now", "It counts for nothing. A start removes it");
        else
            findings.Note(path, "not a name that a node uses", "It was not looked at");
    }

    public void Check()
    {
        Strangers(folder.Root, TopLevel());
        Strangers(folder.Keys, Keys());
        Strangers(folder.Ledger, Ledger());
        Strangers(Path.Combine(folder.Ledger, "blocks"), Blocks());
        Strangers(Path.Combine(folder.Ledger, "candidates"), Candidates());
        Strangers(Path.Combine(folder.Ledger, "log"), Log());
        Strangers(folder.Trust, Trust());
    }

    private void Strangers(string directory, Regex known)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (var path in Directory.EnumerateFileSystemEntries(directory).Where(path => !known.IsMatch(Path.GetFileName(path))))
            Stranger(path);
    }

    [GeneratedRegex(@"^(lock|node\.json|token|alive|lucid\.json|node\.log(\.1)?|(grains|directory)\.db(-wal|-shm)?|grains\.db-commits|chunks|keys|ledger|trust|logins)$", RegexOptions.ExplicitCapture, MatchTimeoutMs)]
    private static partial Regex TopLevel();

    [GeneratedRegex("^(ring|recovery-backed-up|sessions|identity|cosigning|log|tokens)$", RegexOptions.ExplicitCapture, MatchTimeoutMs)]
    private static partial Regex Keys();

    [GeneratedRegex(@"^(genesis|votes|(checkpoints|index)\.db(-wal|-shm)?|index\.db-doubted|blocks|candidates|log)$", RegexOptions.ExplicitCapture, MatchTimeoutMs)]
    private static partial Regex Ledger();

    [GeneratedRegex(@"^\d{19}\.blocks$", RegexOptions.None, MatchTimeoutMs)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^\d{19}-[0-9a-f]{64}$", RegexOptions.None, MatchTimeoutMs)]
    private static partial Regex Candidates();

    [GeneratedRegex(@"^(entries|offsets|size|hashes-\d\d)$", RegexOptions.ExplicitCapture, MatchTimeoutMs)]
    private static partial Regex Log();

    [GeneratedRegex(@"^[0-9a-f]{64}\.validators$", RegexOptions.None, MatchTimeoutMs)]
    private static partial Regex Trust();
}
