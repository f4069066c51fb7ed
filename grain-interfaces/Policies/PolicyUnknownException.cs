using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Policies;

/// <summary>There is no such policy, or version of it, as far as the caller may know. Check the id.</summary>
public sealed class PolicyUnknownException : GrainException
{
    public PolicyUnknownException(string message) : base(message) { }
    public static PolicyUnknownException For(string policy) => new($"There is no policy {policy}.");
}

/// <summary>The policy's state does not allow that. The message says which state it is in and what would help.</summary>
public sealed class PolicyStateException : GrainException
{
    public PolicyStateException(string message) : base(message) { }
}

/// <summary>The policy does not let that node record. Another node may; else the policy takes a rule of type node that allows host.</summary>
public sealed class RecorderNotAllowedException : GrainException
{
    public RecorderNotAllowedException(string message) : base(message) { }
    public static RecorderNotAllowedException For(Guid policy, string recorder) =>
        new($"Policy {policy:D} does not let node {recorder} record: it takes a rule of type node that allows host.");
}

/// <summary>The session's policy leaves that to its owner. Ask for an approval, and try again once it is given.</summary>
public sealed class ApprovalNeededException : GrainException
{
    public ApprovalNeededException(string message) : base(message) { }
}
