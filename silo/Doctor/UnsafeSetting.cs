namespace Lucid.Silo.Doctor;

/// <summary>One thing that makes a node less safe than it could be.</summary>
/// <param name="Where">An option, or a file.</param>
/// <param name="Value">What it is; null where the name says it. Never a secret.</param>
/// <param name="What">What that means, as the rest of a sentence.</param>
/// <param name="Cure">What to do, as a sentence without its full stop.</param>
internal sealed record UnsafeSetting(string Where, string? Value, string What, string Cure)
{
    public override string ToString() => $"{Where}{(Value is null ? "" : $" is {Value}")}: {What}. {Cure}.";
}
