using System.Globalization;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>There is no such user, as far as the caller may know. Check the id, or have an administrator admit them.</summary>
public sealed class UserUnknownException : GrainException
{
    public UserUnknownException(string message) : base(message) { }
    public static UserUnknownException For(string user) => new($"There is no user {user}.");
}

/// <summary>The user is suspended. The message says why; an administrator activates them again.</summary>
public sealed class UserSuspendedException : GrainException
{
    public UserSuspendedException(string message) : base(message) { }
}

/// <summary>What proved a login was used for one before. Ask for a new challenge.</summary>
public sealed class ProofRepeatedException : GrainException
{
    public ProofRepeatedException(string message) : base(message) { }
}

/// <summary>The login or token has ended, or never was. Sign in again.</summary>
public sealed class LoginEndedException : GrainException
{
    private const string Reused = "reused";

    public LoginEndedException(string message) : base(message) { }

    /// <summary>Whether it ended just now because its refresh token came a second time: two have had it, so it was stolen. Have it on record.</summary>
    public bool IsReuse => Data[Reused] is not null;

    public static LoginEndedException OfReuse(string message)
    {
        var ended = new LoginEndedException(message);
        ended.Data[Reused] = "true";
        return ended;
    }
}

/// <summary>The code is not the one that the user's authenticator shows, was used before, or there is no authenticator yet. The message says which.</summary>
public sealed class SecondFactorException : GrainException
{
    public SecondFactorException(string message) : base(message) { }
}

/// <summary>There is a second factor already. Sign in with its code.</summary>
public sealed class SecondFactorThereException : GrainException
{
    public SecondFactorThereException(string message) : base(message) { }
}

/// <summary>Too many attempts failed. Try again after <see cref="RetryAfter"/>; logins that are open are not touched.</summary>
public sealed class LockedOutException : GrainException
{
    private const string Wait = "retry_after_ms";

    public LockedOutException(string message) : base(message) { }

    public TimeSpan RetryAfter =>
        long.TryParse(Data[Wait] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) ? TimeSpan.FromMilliseconds(ms) : TimeSpan.FromMinutes(15);

    public static LockedOutException For(string message, TimeSpan retryAfter)
    {
        var locked = new LockedOutException(message);
        locked.Data[Wait] = ((long)retryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return locked;
    }
}
