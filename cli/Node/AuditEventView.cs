namespace Lucid.Cli.Node;

/// <summary>One record of the node's audit log.</summary>
internal sealed record AuditEventView(
    long Index, DateTimeOffset Time, string Kind, string Action, string Severity, string Outcome, string? Actor, string? Role, string? Resource, string? Address,
    string? RequestId, string? UserAgent, Dictionary<string, string> Details, string Hash);

/// <summary>One page of them, newest first.</summary>
internal sealed record AuditEventPage(List<AuditEventView> Events, AuditPagination Pagination);

/// <param name="NextCursor">Null on the last page.</param>
internal sealed record AuditPagination(string? NextCursor);
