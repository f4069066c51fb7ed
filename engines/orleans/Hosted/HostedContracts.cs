using System.Collections.Frozen;
using System.Reflection;
using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Metadata;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>
/// Which plain contract is hosted under which Orleans interface and grain type. Found once at start from the pairs of derived interface and
/// class, and then only looked up: a reference to a grain costs 200 ns.
/// </summary>
public sealed class HostedContracts
{
    private readonly FrozenDictionary<Type, Hosted> _byContract;

    /// <param name="assemblies">
    /// Where the hosted classes are. Of two that host one contract the later assembly's counts, so that a test puts its fake in a grain's place.
    /// </param>
    /// <exception cref="InvalidOperationException">A hosted class breaks a rule; the message names all that do.</exception>
    public HostedContracts(GrainInterfaceTypeResolver interfaces, IEnumerable<Assembly> assemblies)
    {
        var mistakes = new List<string>();
        var found = new Dictionary<Type, Hosted>();
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()).Where(IsHosted))
        {
            var name = type.GetCustomAttribute<GrainTypeAttribute>();
            var hosted = type.GetInterfaces().Where(i => i.IsAssignableTo(typeof(IGrainWithStringKey)) && i.IsAssignableTo(typeof(IGrain))).ToList();
            if (name is null)
                mistakes.Add($"{type.Name} has no [GrainType]: its class name would be its identity in storage");
            else if (hosted is not [var face] || face.GetInterfaces().Where(i => i != typeof(IGrain) && i.IsAssignableTo(typeof(IGrain))).ToList() is not [var contract])
                mistakes.Add($"{type.Name} needs one interface that derives from one contract and IGrainWithStringKey");
            else if (type.IsAssignableTo(typeof(IReminded)) != type.IsAssignableTo(typeof(IHostedReminded)))
                mistakes.Add($"{type.Name} has to be an {nameof(IHostedReminded)} just when its class is an {nameof(IReminded)}");
            else if (HandledBy(type).Any() != type.IsAssignableTo(typeof(IHostedHandler)))
                mistakes.Add($"{type.Name} has to be an {nameof(IHostedHandler)} just when its class is an IHandles<>");
            else
                found[contract] = new Hosted(interfaces.GetGrainInterfaceType(face), name.GetGrainType(null!, type), type);
        }
        if (mistakes.Count > 0)
            throw new InvalidOperationException($"Hosted grains break rules: {string.Join("; ", mistakes)}.");
        _byContract = found.ToFrozenDictionary();
    }

    /// <summary>The contracts that are hosted, the classes that host them, and the name under which each is stored.</summary>
    public IEnumerable<(Type Contract, Type Class, string Kind)> All => _byContract.Select(pair => (pair.Key, pair.Value.Class, pair.Value.Type.ToString()!));

    /// <summary>The items whose streams a class wants to hear.</summary>
    internal static IEnumerable<Type> HandledBy(Type type) => type.GetInterfaces()
        .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IHandles<>))
        .Select(i => i.GetGenericArguments()[0]);

    internal Hosted Of(Type contract) => _byContract.TryGetValue(contract, out var hosted)
        ? hosted
        : throw new InvalidOperationException($"Nothing hosts {contract.Name} on the cluster engine; add its hosted interface and class (docs/grains.md).");

    private static bool IsHosted(Type type) =>
        type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IGrain)) && type.IsAssignableTo(typeof(IGrainWithStringKey)) &&
        !type.IsAssignableTo(typeof(GrainReference));

    internal sealed record Hosted(GrainInterfaceType Interface, GrainType Type, Type Class);
}
