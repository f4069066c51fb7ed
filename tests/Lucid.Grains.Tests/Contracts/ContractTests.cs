using System.Reflection;
using System.Text;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Grains.Tests.Contracts;

/// <summary>
/// What grains may ask of each other, as a committed text: a change of it is a change between old and new nodes, and shows as a diff.
/// LUCID_UPDATE_SNAPSHOTS=1 writes it anew.
/// </summary>
public sealed class ContractTests
{
    private static readonly Assembly _assembly = typeof(IGrain).Assembly;

    private static IEnumerable<Type> Contracts =>
        _assembly.GetExportedTypes().Where(type => type.IsInterface && type != typeof(IGrain) && typeof(IGrain).IsAssignableFrom(type))
            .OrderBy(type => type.FullName, StringComparer.Ordinal);

    [Fact]
    public void Contracts_AreAsCommitted()
    {
        var text = new StringBuilder();
        foreach (var contract in Contracts)
        {
            text.Append(contract.FullName).Append('\n');
            foreach (var method in contract.GetMethods().OrderBy(method => method.Name, StringComparer.Ordinal))
            {
                var parameters = string.Join(", ", method.GetParameters().Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}"));
                text.Append("  ").Append(Name(method.ReturnType)).Append(' ').Append(method.Name).Append('(').Append(parameters).Append(")\n");
            }
        }
        foreach (var message in Messages().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(message.FullName).Append('\n');
            foreach (var line in message.IsEnum
                         ? Enum.GetNames(message)
                         : Properties(message).Select(property => $"{Name(property.PropertyType)} {property.Name}"))
                text.Append("  ").Append(line).Append('\n');
        }
        var path = Path.Combine(Root(), "docs", "grain-contracts.txt");
        if (Environment.GetEnvironmentVariable("LUCID_UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(path, text.ToString());
        Assert.Equal(File.Exists(path) ? File.ReadAllText(path) : "", text.ToString());
    }

    [Fact]
    public void Methods_ReturnWhatEveryEngineKnows() =>
        Assert.Empty(from contract in Contracts
                     from method in contract.GetMethods()
                     let returned = method.ReturnType
                     let open = returned.IsGenericType ? returned.GetGenericTypeDefinition() : returned
                     where open != typeof(Task) && open != typeof(Task<>) && open != typeof(ValueTask<>) && open != typeof(IAsyncEnumerable<>)
                     select $"{contract.Name}.{method.Name} returns {Name(returned)}");

    [Fact]
    public void Messages_AreImmutableAllThrough() =>
        Assert.Empty(from message in Messages()
                     where !message.IsEnum
                     from property in Properties(message)
                     where IsMutable(property)
                     select $"{message.Name}.{property.Name} is {Name(property.PropertyType)}{(property.SetMethod is null ? "" : " and can be set")}");

    /// <summary>Every type of this assembly that a contract's method takes or gives, and what those hold.</summary>
    private static HashSet<Type> Messages()
    {
        var found = new HashSet<Type>();
        var open = new Queue<Type>(Contracts.SelectMany(contract => contract.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            .Concat(_assembly.GetExportedTypes().Where(type => type.Name is "ChunkSealed" or "SessionClosed" or "LogEntryCommitted" or "BlockCommitted")));
        while (open.TryDequeue(out var type))
        {
            foreach (var argument in type.GetGenericArguments())
                open.Enqueue(argument);
            if (type.Assembly != _assembly || type.IsGenericType || !found.Add(type) || type.IsEnum)
                continue;
            foreach (var property in Properties(type))
                open.Enqueue(property.PropertyType);
        }
        return found;
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.Name != "EqualityContract");

    // Bytes of a few KiB go out as byte[], which is an order of magnitude faster on a wire than any wrapper; nobody writes to them.
    private static bool IsMutable(PropertyInfo property)
    {
        var type = property.PropertyType;
        var isList = type.IsArray && type != typeof(byte[]) ||
            type.IsGenericType && type.GetGenericTypeDefinition() is var open && (open == typeof(List<>) || open == typeof(Dictionary<,>) || open == typeof(IReadOnlyList<>));
        var isSettable = property.SetMethod is { } set && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit));
        return isList || isSettable;
    }

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Name(inner) + "?";
        if (!type.IsGenericType)
            return type.Name;
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Lucid.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
