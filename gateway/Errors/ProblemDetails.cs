namespace Lucid.Gateway.Errors;

/// <summary>An error as RFC 9457 has it, for clients that prefer that to the <see cref="ErrorEnvelope"/>. It says the same.</summary>
/// <param name="Type">urn:lucid:error: and the number. It names the error and leads nowhere: docs/api.md lists them.</param>
/// <param name="Title">What is wrong in general: the same for every occurrence.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong with this request and what would be right.</param>
/// <param name="Instance">urn:uuid: and the request id.</param>
/// <param name="Code">As in the envelope.</param>
/// <param name="Details">Per field what is wrong with it, where several are.</param>
/// <param name="RequestId">Also in the header Lucid-Request-Id and in the node's log.</param>
/// <param name="Service">Always gateway.</param>
public sealed record ProblemDetails(
    string Type, string Title, int Status, string Detail, string Instance, string Code, IReadOnlyDictionary<string, string>? Details, string RequestId,
    DateTimeOffset Timestamp, string Service, string Version)
{
    /// <summary>The same error in the other form.</summary>
    public static ProblemDetails Of(ErrorKind kind, ErrorBody body) => new(
        $"urn:lucid:error:{kind.Number}", kind.Meaning, kind.Status, body.Message, $"urn:uuid:{body.RequestId}", body.Code, body.Details, body.RequestId,
        body.Timestamp, body.Service, body.Version);
}
