using System.Collections.Immutable;

namespace Lucid.Silo.Supervision;

/// <summary>Where a <see cref="LocalPostgres"/> keeps what.</summary>
/// <param name="Folder">Its data directory, made where it is not there. The folder above has to be.</param>
/// <param name="Running">See <see cref="GuardedProgram.Running"/>.</param>
internal sealed record LocalPostgresOptions(string Folder, string Running)
{
    /// <summary>Whether what is written has to survive the machine. Only tests can do without.</summary>
    public bool IsLasting { get; init; } = true;

    /// <summary>Further settings, as name=value.</summary>
    public ImmutableArray<string> Settings { get; init; } = [];

    /// <summary>The folder of the socket, made by each start; a new one in the system's temporary folder by default.</summary>
    public string? Sockets { get; init; }

    /// <summary>What is deleted when the server ends; the folder of the socket by default.</summary>
    public string? Rubbish { get; init; }
}
