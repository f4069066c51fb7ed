using System.Reflection;

namespace Lucid.Engine.Embedded.Calls;

/// <summary>What <see cref="Lucid.GrainInterfaces.Engine.IGrains.Get{TGrain}"/> hands out. One is made per contract and then cloned.</summary>
public class GrainProxy : DispatchProxy
{
    internal EmbeddedEngine Engine { get; private set; } = null!;
    internal GrainKind Kind { get; private set; } = null!;
    internal string Key { get; private set; } = "";

    /// <summary>The mailbox found last; another is looked up once this one has closed.</summary>
    internal Mailbox? Mailbox { get; set; }

    internal static GrainProxy Create(EmbeddedEngine engine, GrainKind kind)
    {
        var proxy = (GrainProxy)Create(kind.Contract, typeof(GrainProxy));
        proxy.Engine = engine;
        proxy.Kind = kind;
        return proxy;
    }

    internal GrainProxy For(string key)
    {
        var proxy = (GrainProxy)MemberwiseClone();
        proxy.Key = key;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        Kind.Methods[targetMethod!].Call(this, args ?? []);
}
