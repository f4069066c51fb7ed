namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// On whose behalf a grain is called, as the door has established it. Grains decide by it what is whose; a process of the cluster that lies
/// about it can do whatever a grain can, which is why nothing that has to survive a lying process rests on it.
/// </summary>
/// <param name="Subject">The user's id: a wallet's address, "local" for whoever holds the token of the node on this machine. 1 to 256 bytes.</param>
public sealed record Caller(string Subject, Role Role)
{
    /// <summary>Lucid itself: one grain, or a process of the cluster, on nobody's behalf.</summary>
    public static Caller Lucid { get; } = new("lucid", Role.SuperAdmin);

    /// <summary>Whoever holds the token in a node's data directory, and could read its files as well.</summary>
    public static Caller Local { get; } = new("local", Role.SuperAdmin);

    /// <summary>Set for a token that was made for one session: it may record and view that one, and nothing else.</summary>
    public Guid? OnlySession { get; init; }

    /// <summary>The login whose access token was shown, where it was one.</summary>
    public Guid? Login { get; init; }

    /// <summary>Whether the role allows it, for a caller who is not confined to one session.</summary>
    public bool May(Permission permission) => OnlySession is null && Permissions.Has(Role, permission);
}
