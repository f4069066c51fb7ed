using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>The audit log: who signed in, changed, shared or was refused what. For administrators.</summary>
public sealed class AuditClient
{
    private const string Audit = Api + "audit/";

    private readonly LucidClient _client;

    internal AuditClient(LucidClient client) => _client = client;

    /// <summary>All records that are wanted, the newest first, page by page as they are read.</summary>
    /// <param name="filter">Null for all.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<AuditEventView> ListAsync(AuditFilter? filter = null, int pageSize = 100, CancellationToken cancellation = default) =>
        Pages.WalkAsync((cursor, token) => GetPageAsync(filter, cursor, pageSize, token), page => (page.Events, page.Pagination.NextCursor), cancellation);

    /// <summary>One page of them.</summary>
    /// <param name="filter">Null for all.</param>
    /// <param name="cursor">The next cursor of the page before; null for the first page.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<AuditEventPage> GetPageAsync(AuditFilter? filter = null, string? cursor = null, int pageSize = 20, CancellationToken cancellation = default) =>
        _client.ReadAsync<AuditEventPage>(Get(PathOf("events", filter, ("limit", pageSize), ("cursor", cursor))), cancellation);

    /// <summary>One record, with what proves it.</summary>
    public Task<AuditEventProof> GetAsync(long index, CancellationToken cancellation = default) =>
        _client.ReadAsync<AuditEventProof>(Get($"{Audit}events/{index}"), cancellation);

    /// <summary>How far the log is anchored in the ledger.</summary>
    public Task<AuditCheckpoint> GetCheckpointAsync(CancellationToken cancellation = default) => _client.ReadAsync<AuditCheckpoint>(Get(Audit + "checkpoint"), cancellation);

    /// <summary>Records as a file. Exporting is recorded, too.</summary>
    /// <param name="format">json, which proves itself and has at most 50,000 records that the ledger covers; csv or pdf for people, at most 10,000.</param>
    /// <param name="filter">Null for all.</param>
    /// <param name="first">The index to begin with.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<AnswerStream> OpenExportAsync(string format = "json", AuditFilter? filter = null, long first = 0, CancellationToken cancellation = default) =>
        _client.OpenAsync(Get(PathOf("export", filter, ("format", format), ("first", first))), cancellation);

    private static string PathOf(string what, AuditFilter? filter, (string, object?) one, (string, object?) other) => Query(
        Audit + what, one, other, ("kind", filter?.Kind), ("actor", filter?.Actor), ("resource", filter?.Resource), ("outcome", filter?.Outcome), ("from", filter?.From), ("to", filter?.To),
        ("q", filter?.Query));
}
