namespace Lucid.Evidence;

/// <summary>
/// Bytes that are not an encoding we would have written. Thrown by every parser of this library; the message names the record,
/// the line and what was expected there. Whoever reads input from outside answers it as bad input, never as a fault of ours.
/// </summary>
public sealed class MalformedException : FormatException
{
    /// <param name="record">What was being read, as a person calls it: "leaf", "block header", "signed note".</param>
    /// <param name="reason">Where it went wrong, what was found and what belongs there.</param>
    public MalformedException(string record, string reason) : base($"{record}: {reason}") => Record = record;

    /// <summary>What was being read.</summary>
    public string Record { get; }
}
