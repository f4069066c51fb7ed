using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using Lucid.Engine.Embedded.Calls;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Engine.Embedded;

/// <summary>One registration: a contract, the class behind it, the name that is its identity in storage, and its grains.</summary>
internal sealed class GrainKind
{
    private readonly ConcurrentDictionary<string, Mailbox> _mailboxes = new(StringComparer.Ordinal);
    private readonly ObjectFactory _factory;
    private readonly Func<EmbeddedEngine, GrainKind, Mailbox, Activation> _activation;

    public GrainKind(string name, Type contract, Type grain)
    {
        Name = name;
        Contract = contract;
        Methods = contract.GetInterfaces().Append(contract).SelectMany(i => i.GetMethods())
            .ToFrozenDictionary(method => method, GrainMethod.For);
        var parameter = ActivationParameter(grain);
        _factory = ActivatorUtilities.CreateFactory(grain, [parameter]);
        _activation = ActivationMaker(parameter);
        Needs = [.. grain.GetConstructors()[0].GetParameters().Where(p => p.ParameterType != parameter && !p.HasDefaultValue).Select(p => p.ParameterType)];
        Handled = [.. grain.GetInterfaces()
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IHandles<>))
            .Select(i => i.GetGenericArguments()[0])];
        IsReminded = grain.IsAssignableTo(typeof(IReminded));
    }

    public string Name { get; }
    public Type Contract { get; }
    public FrozenDictionary<MethodInfo, GrainMethod> Methods { get; }

    /// <summary>The items whose streams the class wants to hear.</summary>
    public IReadOnlyList<Type> Handled { get; }

    /// <summary>The services that the class is made with.</summary>
    public IReadOnlyList<Type> Needs { get; }

    public bool IsReminded { get; }
    public GrainProxy Prototype { get; set; } = null!;
    public ICollection<Mailbox> Mailboxes => _mailboxes.Values;

    public Mailbox MailboxOf(EmbeddedEngine engine, string key) =>
        _mailboxes.TryGetValue(key, out var mailbox)
            ? mailbox
            : _mailboxes.GetOrAdd(key, static (key, the) => new Mailbox(the.engine, the.kind, key), (engine, kind: this));

    public void Forget(Mailbox mailbox) => _mailboxes.TryRemove(new KeyValuePair<string, Mailbox>(mailbox.Id.Key, mailbox));

    public Activation CreateActivation(EmbeddedEngine engine, Mailbox mailbox) => _activation(engine, this, mailbox);

    public object CreateGrain(IServiceProvider services, Activation activation) => _factory(services, [activation]);

    private static Type ActivationParameter(Type grain)
    {
        var constructors = grain.GetConstructors();
        if (grain.IsAbstract || constructors.Length != 1)
            throw new GrainContractException($"{grain.Name} needs to be a class with one public constructor; it has {constructors.Length}.");
        var candidates = constructors[0].GetParameters().Select(p => p.ParameterType).Where(t => t.IsAssignableTo(typeof(IActivation))).ToList();
        return candidates.Count == 1
            ? candidates[0]
            : throw new GrainContractException($"{grain.Name} needs one IActivation or IActivation<TState> in its constructor; it has {candidates.Count}.");
    }

    private static Func<EmbeddedEngine, GrainKind, Mailbox, Activation> ActivationMaker(Type parameter)
    {
        if (parameter == typeof(IActivation))
            return static (engine, kind, mailbox) => new Activation(engine, kind, mailbox);
        var type = typeof(Activation<>).MakeGenericType(parameter.GetGenericArguments());
        var create = ActivatorUtilities.CreateFactory(type, [typeof(EmbeddedEngine), typeof(GrainKind), typeof(Mailbox)]);
        return (engine, kind, mailbox) => (Activation)create(EmptyServices.Instance, [engine, kind, mailbox]);
    }
}

/// <summary>For grains that need no services.</summary>
internal sealed class EmptyServices : IServiceProvider
{
    public static readonly EmptyServices Instance = new();
    public object? GetService(Type serviceType) => null;
}
