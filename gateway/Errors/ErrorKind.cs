namespace Lucid.Gateway.Errors;

/// <summary>One way in which a request can fail, as the caller is told it.</summary>
/// <param name="Number">Stable for ever; the code on the wire is LUCID_ERR_ and this number.</param>
/// <param name="Status">The HTTP status it comes with.</param>
/// <param name="Meaning">What is wrong, in general; the envelope's message says what is wrong with this request.</param>
/// <param name="Cure">What the caller can do about it.</param>
public sealed record ErrorKind(int Number, int Status, string Meaning, string Cure)
{
    public string Code { get; } = $"LUCID_ERR_{Number}";
}

/// <summary>A request that is refused, with everything its answer needs.</summary>
/// <param name="message">What is wrong with this request; left out, what the kind means in general.</param>
public sealed class ApiException(
    ErrorKind kind, string? message = null, IReadOnlyDictionary<string, string>? details = null, TimeSpan? retryAfter = null) : Exception(message ?? kind.Meaning)
{
    public ErrorKind Kind { get; } = kind;

    /// <summary>Per field of the request what is wrong with it, where it was more than one thing.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; } = details;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
