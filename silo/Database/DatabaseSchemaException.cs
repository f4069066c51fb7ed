namespace Lucid.Silo.Database;

/// <summary>
/// The database has another schema than this Lucid works with, or a migration failed; nothing was changed. The message names the database and
/// the cure: to migrate, or to run another Lucid. Trying again without that does not help.
/// </summary>
public sealed class DatabaseSchemaException : Exception
{
    public DatabaseSchemaException(string message, Exception? inner = null) : base(message, inner) { }
}
