namespace Lucid.GrainInterfaces.Engine;

/// <summary>
/// An expected failure that a grain declares: the activation stays as it is, and the caller is told what to do. Whatever else a grain
/// throws is a bug and drops the activation. Deriving classes keep their values in <see cref="Exception.Data"/> and have a public
/// constructor with a single message parameter, by which an engine makes them anew on the caller's side.
/// </summary>
public abstract class GrainException : Exception
{
    protected GrainException(string message) : base(message) { }
}
