using System.Reflection;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;

namespace Lucid.Engine.Cluster.Wire;

/// <summary>
/// The types that may cross between processes as JSON: records and values of our own assemblies, and nothing else of them. Messages are
/// immutable, so within a silo they are handed over as they are.
/// </summary>
internal sealed class ContractTypes(IEnumerable<Assembly> assemblies) : IGeneralizedCopier, ITypeFilter
{
    private readonly HashSet<Assembly> _assemblies = [.. assemblies];

    public bool IsSupportedType(Type type) =>
        _assemblies.Contains(type.Assembly) && (type.IsValueType || type.IsClass) && !type.IsAssignableTo(typeof(Exception)) &&
        !type.IsAssignableTo(typeof(IGrain)) && !type.IsAssignableTo(typeof(Delegate)) && !type.IsAssignableTo(typeof(IAddressable)) &&
        // What Orleans' generator made for our calls has codecs of its own.
        type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true;

    // Abstract records are only ever named, as what an argument is declared as.
    public bool? IsTypeAllowed(Type type) => IsSupportedType(type) ? true : null;

    public object? DeepCopy(object? input, CopyContext context) => input;
}
