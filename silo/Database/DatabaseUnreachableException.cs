namespace Lucid.Silo.Database;

/// <summary>The database's server does not answer, or does not let us in. The message says which and why, without the password. May be tried again.</summary>
public sealed class DatabaseUnreachableException : IOException
{
    public DatabaseUnreachableException(string database, string reason, Exception inner)
        : base($"{database} cannot be reached: {reason.TrimEnd('.')}. Start its server, or correct the connection string.", inner) => Data["database"] = database;
}
