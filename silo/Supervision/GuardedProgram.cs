using System.Collections.Immutable;

namespace Lucid.Silo.Supervision;

/// <summary>What a <see cref="GuardedProcess"/> runs.</summary>
/// <param name="Command">The program, found in PATH, and its arguments.</param>
/// <param name="Folder">Where it runs.</param>
/// <param name="Running">A file that it and whatever it starts hold open; see <see cref="Leftovers"/>.</param>
internal sealed record GuardedProgram(ImmutableArray<string> Command, string Folder, string Running)
{
    /// <summary>Added to our own environment, whatever the case of a name; null takes one out.</summary>
    public ImmutableDictionary<string, string?> Environment { get; init; } = ImmutableDictionary<string, string?>.Empty;

    /// <summary>What the program gets when we are gone: signals, and after each the seconds that it has to end.</summary>
    public string Farewell { get; init; } = "TERM 45 KILL 5";

    /// <summary>A folder that is deleted once the program has ended, even where we have not lived to see that.</summary>
    public string? Rubbish { get; init; }
}
