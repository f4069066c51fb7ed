using Lucid.Engine.Embedded.Storage;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>
/// Reads every byte that a node stored and judges it, without changing anything. The order matters where a node is running: what is counted is
/// read before the files that hold it, and what is derived before what it is derived from, so that whatever is written meanwhile is only ever
/// too much, and never missing.
/// </summary>
internal static class DataAudit
{
    /// <param name="root">A data directory, as <see cref="AuditLayout.FindFault"/> accepts it.</param>
    /// <param name="began">Told the findings while they are collected, for progress.</param>
    public static async Task<AuditReport> RunAsync(string root, Action<AuditFindings> began, CancellationToken cancellation)
    {
        var folder = new DataFolder(root);
        var findings = new AuditFindings(folder);
        began(findings);
        // A node that is not running must not be started in between, since its files are read as if nobody wrote them.
        using var held = NodeLock.TryShare(folder, out var isLive);
        var layout = new AuditLayout(folder, findings);
        layout.Check();
        new SmallFilesAudit(folder, isLive, findings).Run();
        var keys = AuditKeys.Open(folder, findings);
        var workers = new AuditWorkers(cancellation);
        var anchors = new SessionAnchors(problem => DamagedGrains(folder, findings, problem));
        var logs = new AuditLogs(isLive, problem => DamagedGrains(folder, findings, problem));
        try
        {
            using var grains = OpenGrains(folder, isLive, findings);
            if (grains is not null)
            {
                var context = new AuditContext(folder, isLive, findings, keys, layout, workers, anchors, new SqliteGrainReader(grains));
                anchors.IsKnown = context.KnowsNow;
                await AuditDatabase.ReadAsync(async () =>
                {
                    await new GrainStoreAudit(context).RunAsync(cancellation);
                    logs.Read(context.Grains);
                }, problem => DamagedGrains(folder, findings, problem));
                keys.End();
            }
            new DirectoryAudit(folder, isLive, findings, grains is null ? null : new SqliteGrainReader(grains)).Run();
            await new LedgerAudit(folder, isLive, findings, workers, anchors, logs).RunAsync(cancellation);
        }
        finally
        {
            await workers.FinishAsync();
        }
        return findings.ToReport();
    }

    private static SqliteSnapshot? OpenGrains(DataFolder folder, bool isLive, AuditFindings findings) =>
        AuditDatabase.Open(folder.GrainStore, AuditSchema.Grains, isLive, findings, problem => DamagedGrains(folder, findings, problem));

    private static void DamagedGrains(DataFolder folder, AuditFindings findings, string problem) =>
        findings.Damage(folder.GrainStore, problem, "The store is the truth about what was counted. Restore it from a backup");
}
