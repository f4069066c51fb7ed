namespace Lucid.Engine.Embedded;

/// <summary>
/// A contract, class, message or state that breaks the rules every engine relies on (design 3.1). A mistake in the code; do not retry.
/// </summary>
public sealed class GrainContractException : Exception
{
    public GrainContractException(string message, Exception? inner = null) : base(message, inner) { }
}
