using System.Collections.Immutable;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Storage;

/// <summary>How the lists of sessions and users, of one machine and of a cluster, write what they are asked for.</summary>
internal static class DirectoryNames
{
    /// <summary>Of sessions that still have something to do.</summary>
    public static ImmutableArray<string> Unfinished { get; } =
        [.. new[] { SessionStatus.Created, SessionStatus.Recording, SessionStatus.Paused, SessionStatus.Sealing, SessionStatus.Anchoring }.Select(Of)];

    public static string Of<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
