namespace Lucid.Gateway.Errors;

/// <summary>How every error looks.</summary>
public sealed record ErrorEnvelope(ErrorBody Error);

/// <param name="Code">LUCID_ERR_ and the number of the error; docs/api.md lists them.</param>
/// <param name="Message">What is wrong with this request and what would be right.</param>
/// <param name="Details">Per field what is wrong with it, where several are.</param>
/// <param name="RequestId">Also in the header Lucid-Request-Id and in the node's log.</param>
/// <param name="Service">Always gateway.</param>
public sealed record ErrorBody(
    string Code, string Message, IReadOnlyDictionary<string, string>? Details, string RequestId, DateTimeOffset Timestamp,
    string Service, string Version);
