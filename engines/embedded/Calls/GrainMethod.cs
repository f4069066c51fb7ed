using System.Linq.Expressions;
using System.Reflection;

namespace Lucid.Engine.Embedded.Calls;

/// <summary>One method of a contract, compiled once: how it is called on a grain, and what its proxy returns.</summary>
internal abstract class GrainMethod
{
    private readonly Func<object, object?[], object> _invoke;
    private readonly Type[] _parameters;
    private readonly int _token;

    protected GrainMethod(MethodInfo method)
    {
        _invoke = Compile(method);
        _parameters = [.. method.GetParameters().Select(p => p.ParameterType)];
        _token = Array.IndexOf(_parameters, typeof(CancellationToken));
        Name = method.Name;
    }

    public string Name { get; }

    /// <exception cref="GrainContractException">The method is not one that a contract may have.</exception>
    public static GrainMethod For(MethodInfo method)
    {
        var where = $"{method.DeclaringType?.Name}.{method.Name}";
        if (method.IsGenericMethodDefinition)
            throw new GrainContractException($"{where} is generic; a grain's methods are not, since their messages must have one form.");
        if (method.GetParameters().FirstOrDefault(p => p.ParameterType.IsByRef || Generic(p.ParameterType) == typeof(IAsyncEnumerable<>)) is { } wrong)
            throw new GrainContractException($"{where} has the parameter {wrong.Name}, which cannot travel; pass a record or a simple value.");
        var result = method.ReturnType;
        var (open, item) = result == typeof(Task) ? (typeof(TaskMethod<>), typeof(Nothing))
            : Generic(result) == typeof(Task<>) ? (typeof(TaskMethod<>), result.GetGenericArguments()[0])
            : Generic(result) == typeof(ValueTask<>) ? (typeof(ValueTaskMethod<>), result.GetGenericArguments()[0])
            : Generic(result) == typeof(IAsyncEnumerable<>) ? (typeof(EnumeratorMethod<>), result.GetGenericArguments()[0])
            : throw new GrainContractException($"{where} returns {result.Name}; return Task, Task<T>, ValueTask<T> or IAsyncEnumerable<T>.");
        return (GrainMethod)Activator.CreateInstance(open.MakeGenericType(item), method)!;
    }

    /// <summary>Called by the proxy; returns what the contract's method returns.</summary>
    public abstract object Call(GrainProxy proxy, object?[] arguments);

    public object Invoke(object grain, object?[] arguments) => _invoke(grain, arguments);

    public CancellationToken TokenOf(object?[] arguments) => _token >= 0 && arguments[_token] is CancellationToken token ? token : default;

    /// <summary>The arguments as they arrive: in test mode, copies that went through JSON.</summary>
    protected object?[] Travel(EmbeddedEngine engine, object?[] arguments)
    {
        if (!engine.RoundTrips)
            return arguments;
        var copies = new object?[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
            copies[i] = RoundTrip.Copy(arguments[i], _parameters[i]);
        return copies;
    }

    private static Type? Generic(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : null;

    private static Func<object, object?[], object> Compile(MethodInfo method)
    {
        var grain = Expression.Parameter(typeof(object));
        var arguments = Expression.Parameter(typeof(object?[]));
        Expression call = Expression.Call(Expression.Convert(grain, method.DeclaringType!), method, method.GetParameters()
            .Select((p, i) => Expression.Convert(Expression.ArrayIndex(arguments, Expression.Constant(i)), p.ParameterType)));
        if (Generic(method.ReturnType) == typeof(ValueTask<>))
            call = Expression.Call(call, nameof(ValueTask<>.AsTask), null);
        return Expression.Lambda<Func<object, object?[], object>>(Expression.Convert(call, typeof(object)), grain, arguments).Compile();
    }
}

/// <summary>The result of a method that has none.</summary>
internal readonly record struct Nothing;

internal class TaskMethod<T>(MethodInfo method) : GrainMethod(method)
{
    public override object Call(GrainProxy proxy, object?[] arguments) => Send(proxy, arguments);

    protected Task<T> Send(GrainProxy proxy, object?[] arguments)
    {
        var engine = proxy.Engine;
        var call = new MethodCall<T>(this, Travel(engine, arguments), engine);
        engine.Send(proxy, call);
        return call.Answer;
    }
}

internal sealed class ValueTaskMethod<T>(MethodInfo method) : TaskMethod<T>(method)
{
    public override object Call(GrainProxy proxy, object?[] arguments) => new ValueTask<T>(Send(proxy, arguments));
}

internal sealed class EnumeratorMethod<T>(MethodInfo method) : GrainMethod(method)
{
    public override object Call(GrainProxy proxy, object?[] arguments) =>
        new GrainEnumerable<T>(proxy, this, Travel(proxy.Engine, arguments));
}

internal sealed class MethodCall<T> : Call
{
    private readonly GrainMethod _method;
    private readonly object?[] _arguments;
    private readonly EmbeddedEngine _engine;
    private readonly TaskCompletionSource<T> _answer;
    private readonly CancellationTokenRegistration _cancelled;

    public MethodCall(GrainMethod method, object?[] arguments, EmbeddedEngine engine)
    {
        _method = method;
        _arguments = arguments;
        _engine = engine;
        _answer = new TaskCompletionSource<T>(engine.Runtime.Promise);
        // A caller that cancels leaves at once. The call is delivered all the same, with its cancelled token: only the grain knows what
        // of its work may be left half done.
        if (method.TokenOf(arguments) is { CanBeCanceled: true } token)
            _cancelled = token.UnsafeRegister(static (call, token) => ((MethodCall<T>)call!)._answer.TrySetCanceled(token), this);
    }

    public override string Method => _method.Name;
    public Task<T> Answer => _answer.Task;
    public override Task Invoke(object grain) => (Task)_method.Invoke(grain, _arguments);

    protected override void OnSucceeded()
    {
        _cancelled.Dispose();
        if (typeof(T) == typeof(Nothing))
        {
            _answer.TrySetResult(default!);
            return;
        }
        var result = ((Task<T>)Turn!).GetAwaiter().GetResult();
        try
        {
            _answer.TrySetResult(_engine.RoundTrips ? (T)RoundTrip.Copy(result, typeof(T))! : result);
        }
        catch (GrainContractException violation)
        {
            _answer.TrySetException(violation);
        }
    }

    protected override bool OnFailed(Exception exception)
    {
        _cancelled.Dispose();
        return exception is OperationCanceledException cancelled
            ? _answer.TrySetCanceled(cancelled.CancellationToken)
            : _answer.TrySetException(_engine.RoundTrips ? RoundTrip.Copy(exception) : exception);
    }
}
