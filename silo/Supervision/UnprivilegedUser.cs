using System.Collections.Immutable;
using System.Globalization;

namespace Lucid.Silo.Supervision;

/// <summary>Whom PostgreSQL runs as where we are root, whom it refuses.</summary>
internal sealed record UnprivilegedUser(uint User, uint Group)
{
    private const string Accounts = "/etc/passwd";

    /// <summary>Null where we are not root, and PostgreSQL runs as whoever we are.</summary>
    /// <exception cref="InvalidDataException">The system knows nobody who would do.</exception>
    public static UnprivilegedUser? Find()
    {
        if (!Environment.IsPrivilegedProcess)
            return null;
        var accounts = File.ReadLines(Accounts).Select(line => line.Split(':')).Where(fields => fields.Length > 3).ToList();
        // The package makes the first; the second is there without it.
        var account = accounts.Find(fields => fields[0] == "postgres") ?? accounts.Find(fields => fields[0] == "nobody")
            ?? throw new InvalidDataException($"PostgreSQL refuses to run as root, and {Accounts} has neither postgres nor nobody; run this as another user.");
        return new UnprivilegedUser(uint.Parse(account[2], CultureInfo.InvariantCulture), uint.Parse(account[3], CultureInfo.InvariantCulture));
    }

    /// <summary>What makes root this user, before the command that is to run so.</summary>
    public ImmutableArray<string> Become => ["setpriv", $"--reuid={User}", $"--regid={Group}", "--clear-groups", "--"];
}
