using System.Collections.Immutable;

namespace Lucid.Silo.Database;

/// <summary>What a database says of one migration that it has.</summary>
public sealed record AppliedMigration(int Version, string Name, DateTimeOffset AppliedAt, string Sha256);

/// <summary>A database's schema beside the one that this Lucid wants.</summary>
public sealed class DatabaseStatus
{
    internal DatabaseStatus(string database, ImmutableArray<AppliedMigration> applied, ImmutableArray<Migration> known)
    {
        Applied = applied;
        Wanted = known.Length;
        Pending = known.RemoveAll(migration => applied.Any(there => there.Version == migration.Version));
        var changed = known.FirstOrDefault(migration =>
            applied.Any(there => there.Version == migration.Version && !string.Equals(there.Sha256, migration.Sha256, StringComparison.Ordinal)));
        // A newer schema goes first: what else differs is then no mistake of anyone.
        IncurableFault = Version > Wanted
            ? $"{database} has schema {Version}, made by a newer Lucid; this one knows {Wanted}. Run the newer Lucid."
            : changed is not null
                ? $"{database} has migration {changed} with another text than this Lucid. Run the Lucid that made the database, or use another one."
                : null;
        Fault = IncurableFault ?? (Pending.IsEmpty ? null : $"{database} has schema {Version} and this Lucid needs {Wanted}; run: lucid database migrate");
    }

    /// <summary>0 where nothing was ever applied.</summary>
    public int Version => Applied.IsEmpty ? 0 : Applied.Max(migration => migration.Version);

    /// <summary>The version that this Lucid works with.</summary>
    public int Wanted { get; }

    /// <summary>By version.</summary>
    public ImmutableArray<AppliedMigration> Applied { get; }

    /// <summary>What migrating would apply, by version.</summary>
    public ImmutableArray<Migration> Pending { get; }

    public bool IsCurrent => Fault is null;

    /// <summary>Why this Lucid cannot work with the database, and the cure, in a sentence; null where it can.</summary>
    public string? Fault { get; }

    /// <summary>The same, where migrating is not the cure.</summary>
    internal string? IncurableFault { get; }
}
