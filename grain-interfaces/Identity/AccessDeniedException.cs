using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>The caller may not do that. The message says what would be needed; whoever has it may, or give it.</summary>
public sealed class AccessDeniedException : GrainException
{
    public AccessDeniedException(string message) : base(message) { }
}
