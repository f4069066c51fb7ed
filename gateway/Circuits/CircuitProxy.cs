using System.Reflection;

namespace Lucid.Gateway.Circuits;

/// <summary>A grain whose answers, and silences, are noted.</summary>
internal class CircuitProxy : DispatchProxy
{
    private object _grain = null!;
    private CircuitGrains _circuits = null!;
    private (Type Contract, string Grain) _who;

    public void Guard(object grain, CircuitGrains circuits, (Type Contract, string Grain) who) => (_grain, _circuits, _who) = (grain, circuits, who);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var isTry = _circuits.Enter(_who);
        object? answer;
        try
        {
            answer = targetMethod!.Invoke(_grain, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
        }
        catch (Exception failure)
        {
            _circuits.Note(_who, failure, isTry);
            throw;
        }
        // What comes piece by piece comes from a grain that is there.
        if (answer is not Task { IsCompletedSuccessfully: false } task)
            _circuits.Note(_who, failure: null, isTry);
        else
            _ = NoteAsync(task, isTry);
        return answer;
    }

    private async Task NoteAsync(Task task, bool isTry)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _circuits.Note(_who, task.Exception?.InnerException, isTry);
    }
}
