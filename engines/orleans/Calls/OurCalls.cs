using System.Collections.Concurrent;
using System.Reflection;

namespace Lucid.Engine.Cluster.Calls;

/// <summary>Which calls are between Lucid's grains.</summary>
internal static class OurCalls
{
    private static readonly ConcurrentDictionary<Type, bool> _known = [];

    public static bool Is(MethodInfo? method) =>
        method?.DeclaringType is { } face && _known.GetOrAdd(face, static type => type.IsAssignableTo(typeof(IGrain)));
}
