namespace Lucid.Engine.Embedded.Testing;

/// <summary>
/// Makes an engine as unkind as the rules of design 3.1 allow, so that a grain which counts on more fails here first: every argument,
/// result, item and state makes a JSON round trip, and calls that wait together start in any order.
/// </summary>
public sealed record EngineTestMode
{
    /// <summary>Where all chance comes from.</summary>
    public required int Seed { get; init; }

    /// <summary>Send everything through JSON and refuse what does not come back as it was. Default true.</summary>
    public bool RoundTrips { get; init; } = true;

    /// <summary>Start waiting calls in any order. Default true.</summary>
    public bool Shuffles { get; init; } = true;

    /// <summary>The share of stream deliveries that is lost, 0 to 1. Default 0.</summary>
    public double Lost { get; init; }

    /// <summary>The share of stream deliveries that comes twice, 0 to 1. Default 0.</summary>
    public double Repeated { get; init; }
}
