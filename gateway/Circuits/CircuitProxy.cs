using System.Reflection;

namespace Lucid.Gateway.Circuits;

/// <summary>A grain whose answers, and silences, are noted.</summary>
internal class CircuitProxy : DispatchProxy
{
    private object _grain = null!;
    private CircuitGrains _circuits = null!;
    private Type _contract = null!;
    private string _key = "";

    public void Guard(object grain, CircuitGrains circuits, Type contract, string key) => (_grain, _circuits, _contract, _key) = (grain, circuits, contract, key);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var isTry = _circuits.Enter(_contract, _key);
        object? answer;
        try
        {
            answer = targetMethod!.Invoke(_grain, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
        }
        catch (Exception failure)
        {
            _circuits.Note(_contract, _key, failure, isTry);
            throw;
        }
        // What comes piece by piece comes from a grain that is there.
        if (answer is not Task { IsCompletedSuccessfully: false } task)
            _circuits.Note(_contract, _key, failure: null, isTry);
        else
            _ = NoteAsync(task, isTry);
        return answer;
    }

    private async Task NoteAsync(Task task, bool isTry)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _circuits.Note(_contract, _key, task.Exception?.InnerException, isTry);
    }
}
