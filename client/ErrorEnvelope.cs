using System.Collections.Immutable;

namespace Lucid.Client;

/// <summary>How an error looks on the wire.</summary>
internal sealed record ErrorEnvelope(ErrorBody? Error);

internal sealed record ErrorBody(string Code, string Message, ImmutableDictionary<string, string>? Details = null, string? RequestId = null);
