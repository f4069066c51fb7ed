using System.Diagnostics;
using Lucid.Engine.Embedded.Calls;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Logging;

namespace Lucid.Engine.Embedded;

// One turn: bringing the grain to life, the call itself, and what its end means for the activation.
internal sealed partial class Mailbox
{
    private void Start(Call call)
    {
        if (call.OnlyFor is { } only && only != _activation)
        {
            Finish(call, Task.CompletedTask);
            return;
        }
        Begin(call);
    }

    private void StartBeside(Call call)
    {
        if (_activation is null)
        {
            // It waits beside the turn that brings the grain to life, and where none is on its way, for one of its own.
            lock (_gate)
            {
                _parked.Add(call);
                if (_running is null && _waiting.Count == 0)
                    _waiting.Enqueue(new RootCall("activate", static _ => Task.CompletedTask) { Target = this, Arrived = call.Arrived });
            }
            return;
        }
        Begin(call);
    }

    // Under the gate.
    private void StepBeside(Call call) => _steps.Enqueue((static state => ((Call)state!).Target!.StartBeside((Call)state!), call));

    // Under the gate.
    private void Unpark()
    {
        _parked.ForEach(StepBeside);
        _parked.Clear();
    }

    // The hook posts back to this context, so that the end of a turn is a step of the grain too.
    private void Begin(Call call)
    {
        var outside = Activity.Current;
        Call.Current = call;
        call.Activity = EmbeddedEngine.StartActivity(call);
        Task turn;
        try
        {
            turn = _activation is { } activation ? call.Turn = call.Invoke(activation.Grain) : ActivateAsync(call);
        }
        catch (Exception e)
        {
            turn = Task.FromException(e);
        }
        if (turn.IsCompleted)
            Finish(call, turn);
        else
            turn.GetAwaiter().UnsafeOnCompleted(() => Finish(call, turn));
        Call.Current = null;
        if (call.Activity is not null)
            Activity.Current = outside;
    }

    private async Task ActivateAsync(Call call)
    {
        var activation = _kind.CreateActivation(_engine, this);
        try
        {
            await activation.StartAsync();
        }
        catch
        {
            activation.Drop();
            throw;
        }
        _activation = activation;
        lock (_gate)
            Unpark();
        await (call.Turn = call.Invoke(activation.Grain));
    }

    private void Finish(Call call, Task turn)
    {
        var failure = turn.IsCompletedSuccessfully ? null
            : turn.IsCanceled ? new TaskCanceledException(turn)
            : turn.Exception!.InnerException!;
        if (failure is not null and not GrainException)
            Blame(call, failure);
        DropIfDue(call);
        List<Call>? lost = null;
        lock (_gate)
        {
            if (_running == call)
                _running = null;
            else
                _beside.Remove(call);
            if (failure is not null && _activation is null && _parked.Count > 0)
            {
                // What brought the grain to life failed, and with it all that waited for that.
                lost = [.. _parked];
                _beside.RemoveAll(lost.Contains);
                _parked.Clear();
            }
            Unpark();
            if (call.OnlyFor is null)
                _lastUse = _clock.GetTimestamp();
        }
        _engine.CallEnded(call, Id, failure);

        // A promise in a simulation runs what waits for it right here. Whatever of that has no context of its own would see this grain's
        // context and flee to the thread pool, so it sees none.
        SetSynchronizationContext(null);
        try
        {
            if (failure is null)
                call.Succeed();
            else
                call.Fail(failure);
            foreach (var waited in lost ?? [])
                waited.Fail(failure!);
        }
        finally
        {
            SetSynchronizationContext(this);
        }
    }

    private void Blame(Call call, Exception failure)
    {
        // A tick that fails says nothing about the state that calls have left, and its timer has to go on; a failed save still drops.
        if (call.OnlyFor is null)
            _activation?.Deactivate();
        if (failure is OperationCanceledException)
            _engine.Log.LogDebug("{Grain}.{Method} was cancelled", Id, call.Method);
        // Damage and a full disk are nobody's bug: the message names the file and the cure, and a stack would only hide them.
        else if (failure is GrainDamagedException or GrainStoreException)
            _engine.Log.LogError("{Grain}.{Method} failed: {Reason}", Id, call.Method, failure.Message);
        else
            _engine.Log.LogError(failure, "{Grain}.{Method} failed", Id, call.Method);
        EngineTelemetry.Failed(Id.Name, "crash");
    }

    private void DropIfDue(Call? ending)
    {
        if (_activation is not { Leaving: true } activation)
            return;
        // What failed beside a turn drops the activation only once that turn has ended on it.
        if (_running is not null && _running != ending)
            return;
        activation.Drop();
        _activation = null;
    }
}
