using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>There is no session with that id. Check the id, or list the sessions.</summary>
public sealed class SessionNotFoundException : GrainException
{
    public SessionNotFoundException(string message) : base(message) { }
    public static SessionNotFoundException For(string session) => new($"There is no session {session}.");
}

/// <summary>The id belongs to another session already. Take a new one: ids are single use.</summary>
public sealed class SessionConflictException : GrainException
{
    public SessionConflictException(string message) : base(message) { }
}

/// <summary>The session's state does not allow that. The message says which state it is in and what would help.</summary>
public sealed class SessionStateException : GrainException
{
    public SessionStateException(string message) : base(message) { }
}

/// <summary>A newer lease exists: someone resumed the session elsewhere. Stop, or resume to take it over.</summary>
public sealed class FencedException : GrainException
{
    public FencedException(string message) : base(message) { }
    public static FencedException For(long lease, long newest) =>
        new($"Lease {lease} is fenced: the session's newest lease is {newest}. Whoever resumed it records now; resume to take it over.");
}

/// <summary>The index is too far ahead. Send the missing chunks first; the window is named in the message.</summary>
public sealed class ChunkWindowException : GrainException
{
    public ChunkWindowException(string message) : base(message) { }
}

/// <summary>Other bytes were sealed under that index. Nothing was changed; use a new index for new bytes.</summary>
public sealed class ChunkConflictException : GrainException
{
    public ChunkConflictException(string message) : base(message) { }
}

/// <summary>Chunks are missing. Send them, or stop again accepting gaps.</summary>
public sealed class SessionHolesException : GrainException
{
    public SessionHolesException(string message) : base(message) { }
    public static SessionHolesException For(IEnumerable<ulong> missing) =>
        new($"Chunks are missing: {string.Join(", ", missing)}. Send them, or stop with accept_gaps=true to record them as gaps.");
}

/// <summary>The disk is below its reserve. Free space on the node; running sessions were closed with a gap.</summary>
public sealed class NoRoomException : GrainException
{
    public NoRoomException(string message) : base(message) { }
}

/// <summary>A value that the caller gave is not acceptable. The message names it and what is.</summary>
public sealed class InvalidRequestException : GrainException
{
    public InvalidRequestException(string message) : base(message) { }
}
