using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Contract;

public interface ICounterGrain : IGrain
{
    /// <summary>Saves the sum and returns it.</summary>
    Task<long> AddAsync(long amount);
    ValueTask<long> SavedAsync();
    /// <summary>Counts in memory only.</summary>
    Task<int> TouchAsync();
    Task RefuseAsync(string why, long value);
    Task BreakAsync();
    Task AddAndBreakAsync(long amount);
    Task<string> GrowAsync(int characters, bool swallow);
    Task ClearAsync();
    Task LeaveAsync();
}

public interface IGateGrain : IGrain
{
    /// <summary>Tells at "key:in" that it has begun, and ends once "key:out" is reached.</summary>
    Task<int> PassAsync();
    Task<int> PassedAsync();
    Task<int> MostAtOnceAsync();
    /// <summary>A short turn with awaits in it.</summary>
    Task CrossAsync(int steps);
    Task<bool> UntilCancelledAsync(CancellationToken cancellation);
    Task<bool> WasCancelledAsync(CancellationToken cancellation);
    IAsyncEnumerable<int> CountAsync(int until, CancellationToken cancellation = default);
    IAsyncEnumerable<int> CountAndBreakAsync(int until);
    Task SleepAsync(TimeSpan time);
}

public interface IRelayGrain : IGrain
{
    /// <summary>Calls the first of the keys with the rest of them; the last one answers with its key.</summary>
    Task<string> PassOnAsync(ImmutableArray<string> keys);
    /// <summary>Leaves such a call to itself and returns at once.</summary>
    Task PassOnLaterAsync(ImmutableArray<string> keys);
    Task<string> ReadSelfAsync(int until);
}

public interface IEchoGrain : IGrain
{
    Task<Everything> EchoAsync(Everything message);
    Task<Shape> EchoAsync(Shape shape);
    Task<byte[]> BytesAsync(ReadOnlyMemory<byte> bytes);
    Task<Hash256> HashAsync(Hash256 hash);
    Task<(int, string)?> NoneAsync(string? nothing);
    IAsyncEnumerable<Everything> RepeatAsync(Everything message, int times);
}

public interface IJournalGrain : IGrain
{
    Task<long> AppendAsync(string text);
    Task AppendManyAsync(int count);
    Task<long> CountAsync();
    Task<ImmutableArray<Line>> ReadAsync(long from, int count);
    Task SaveAsync(int value);
    Task<int> SavedAsync();
    Task ClearAsync();
}

public interface IListenerGrain : IGrain
{
    Task TellAsync(string key, string text);
    Task<ImmutableArray<string>> HeardAsync();
}

public interface IEavesdropperGrain : IGrain
{
    Task<ImmutableArray<string>> HeardAsync();
}

public interface IClockGrain : IGrain
{
    Task RemindAsync(string name, TimeSpan due, TimeSpan period);
    Task ForgetAsync(string name);
    Task<int> RemindedAsync();
    Task StartAsync(TimeSpan due, TimeSpan period, int failing, string? relay);
    Task StopAsync();
    Task<int> TicksAsync();
}

public enum Colour { Red, Green }

public sealed record Everything(
    Guid Id, ulong Index, long Start, TimeSpan Length, DateTimeOffset At, Hash256 Root, ReadOnlyMemory<byte> Bytes, Colour Colour,
    ImmutableArray<string> Names, ImmutableDictionary<string, int> Counts, double Ratio, string? Note);

[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Square), "square")]
public abstract record Shape;
public sealed record Circle(int Radius) : Shape;
public sealed record Square(int Side) : Shape;

public sealed record Line(string Text, long Number);
public sealed record Note(string Text);
public sealed record CounterState { public long Sum { get; init; } public string Text { get; init; } = ""; }
public sealed record JournalState { public int Value { get; init; } }

public sealed class RefusedException(string message) : GrainException(message)
{
    public RefusedException(string why, long value) : this($"Refused, since {why}.") => Data["value"] = value;
    public long Value => Data["value"] is long value ? value : 0;
}

public class CounterGrain(IActivation<CounterState> self) : ICounterGrain
{
    private int _touched;

    public async Task<long> AddAsync(long amount)
    {
        await self.SaveAsync(self.State with { Sum = self.State.Sum + amount });
        return self.State.Sum;
    }

    public ValueTask<long> SavedAsync() => new(self.State.Sum);
    public Task<int> TouchAsync() => Task.FromResult(++_touched);
    public Task RefuseAsync(string why, long value) => throw new RefusedException(why, value);

    public async Task BreakAsync()
    {
        await Task.Yield();
        throw new InvalidOperationException("A bug.");
    }

    public async Task AddAndBreakAsync(long amount)
    {
        await AddAsync(amount);
        throw new InvalidOperationException("A bug after a save.");
    }

    public async Task<string> GrowAsync(int characters, bool swallow)
    {
        try
        {
            await self.SaveAsync(self.State with { Text = new string('x', characters) });
            return "saved";
        }
        catch (StateTooLargeException e) when (swallow)
        {
            return e.Message;
        }
    }

    public Task ClearAsync() => self.ClearAsync();

    public Task LeaveAsync()
    {
        self.Deactivate();
        return Task.CompletedTask;
    }
}

public class GateGrain(IActivation self) : IGateGrain
{
    private int _passed, _inside, _most;

    public async Task<int> PassAsync()
    {
        Barriers.Reach($"{self.Key}:in");
        await Barriers.WaitAsync($"{self.Key}:out");
        return ++_passed;
    }

    public Task<int> PassedAsync() => Task.FromResult(_passed);
    public Task<int> MostAtOnceAsync() => Task.FromResult(_most);

    public async Task CrossAsync(int steps)
    {
        _most = Math.Max(_most, ++_inside);
        for (var i = 0; i < steps; i++)
            await Task.Yield();
        _inside--;
    }

    public async Task<bool> UntilCancelledAsync(CancellationToken cancellation)
    {
        Barriers.Reach($"{self.Key}:in");
        var cancelled = new TaskCompletionSource();
        using (cancellation.Register(cancelled.SetResult))
            await cancelled.Task;
        Barriers.Reach($"{self.Key}:cancelled");
        return true;
    }

    public Task<bool> WasCancelledAsync(CancellationToken cancellation) => Task.FromResult(cancellation.IsCancellationRequested);

    public async IAsyncEnumerable<int> CountAsync(int until, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var i = 0; i < until; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }

    public async IAsyncEnumerable<int> CountAndBreakAsync(int until)
    {
        for (var i = 0; i < until; i++)
            yield return i;
        await Task.Yield();
        throw new RefusedException("the end was reached", until);
    }

    public async Task SleepAsync(TimeSpan time)
    {
        await Task.Delay(time, self.Clock);
        _passed++;
        Barriers.Reach($"{self.Key}:slept");
    }
}

public class RelayGrain(IActivation self) : IRelayGrain
{
    public async Task<string> PassOnAsync(ImmutableArray<string> keys)
    {
        if (keys.IsEmpty)
            return self.Key;
        await Task.Yield();
        return await self.Grains.Get<IRelayGrain>(keys[0]).PassOnAsync(keys[1..]);
    }

    public Task PassOnLaterAsync(ImmutableArray<string> keys)
    {
        _ = LaterAsync();
        return Task.CompletedTask;

        async Task LaterAsync()
        {
            // By then the turn that started this has ended, so nobody waits for it and there is no circle.
            await Barriers.WaitAsync($"{self.Key}:later");
            await PassOnAsync(keys);
            Barriers.Reach($"{self.Key}:passed");
        }
    }

    public async Task<string> ReadSelfAsync(int until)
    {
        var read = "";
        await foreach (var i in self.Grains.Get<IGateGrain>(self.Key).CountAsync(until))
            read += i;
        return read;
    }
}

public class EchoGrain(IActivation self) : IEchoGrain
{
    public Task<Everything> EchoAsync(Everything message) => Task.FromResult(message);
    public Task<Shape> EchoAsync(Shape shape) => Task.FromResult(shape);
    public Task<byte[]> BytesAsync(ReadOnlyMemory<byte> bytes) => Task.FromResult(bytes.ToArray());
    public Task<Hash256> HashAsync(Hash256 hash) => Task.FromResult(Hash256.Of(hash.ToArray()));
    public Task<(int, string)?> NoneAsync(string? nothing) => Task.FromResult<(int, string)?>(nothing is null ? null : (0, self.Key));

    public async IAsyncEnumerable<Everything> RepeatAsync(Everything message, int times)
    {
        await Task.Yield();
        for (var i = 0; i < times; i++)
            yield return message;
    }
}

public class JournalGrain(IActivation<JournalState> self) : IJournalGrain
{
    private readonly IJournal<Line> _lines = self.Journal<Line>("lines");

    public async Task<long> AppendAsync(string text) => await _lines.AppendAsync(new Line(text, await _lines.CountAsync()));
    public Task AppendManyAsync(int count) => Task.WhenAll(Enumerable.Range(0, count).Select(i => _lines.AppendAsync(new Line("many", i))));
    public async Task<long> CountAsync() => await _lines.CountAsync();
    public async Task<ImmutableArray<Line>> ReadAsync(long from, int count) => [.. await _lines.ReadAsync(from, count)];
    public Task SaveAsync(int value) => self.SaveAsync(new JournalState { Value = value });
    public Task<int> SavedAsync() => Task.FromResult(self.State.Value);
    public Task ClearAsync() => self.ClearAsync();
}

public class ListenerGrain(IActivation self) : IListenerGrain, IHandles<Note>
{
    private ImmutableArray<string> _heard = [];

    public Task TellAsync(string key, string text) => self.PublishAsync(key, new Note(text));
    public Task<ImmutableArray<string>> HeardAsync() => Task.FromResult(_heard);

    public Task HandleAsync(Note item)
    {
        if (item.Text == "break")
            throw new InvalidOperationException("A bug in a handler.");
        _heard = _heard.Add(item.Text);
        Barriers.Reach($"{self.Key}:heard");
        return Task.CompletedTask;
    }
}

public class EavesdropperGrain(IActivation self) : IEavesdropperGrain, IHandles<Note>
{
    private ImmutableArray<string> _heard = [];

    public Task<ImmutableArray<string>> HeardAsync() => Task.FromResult(_heard);

    public Task HandleAsync(Note item)
    {
        _heard = _heard.Add(item.Text);
        Barriers.Reach($"{self.Key}:overheard");
        return Task.CompletedTask;
    }
}

public class ClockGrain(IActivation<CounterState> self) : IClockGrain, IReminded
{
    private int _ticks;
    private IDisposable? _timer;

    public Task RemindAsync(string name, TimeSpan due, TimeSpan period) => self.RemindAsync(name, due, period);
    public Task ForgetAsync(string name) => self.ForgetAsync(name);
    public Task<int> RemindedAsync() => Task.FromResult((int)self.State.Sum);

    public async Task RemindedAsync(string name)
    {
        await self.SaveAsync(self.State with { Sum = self.State.Sum + 1, Text = name });
        Barriers.Reach($"{self.Key}:reminded");
    }

    public Task StartAsync(TimeSpan due, TimeSpan period, int failing, string? relay)
    {
        _timer = self.Every(due, period, async cancellation =>
        {
            cancellation.ThrowIfCancellationRequested();
            _ticks++;
            if (relay is not null)
                await self.Grains.Get<IRelayGrain>(relay).PassOnAsync([]);
            Barriers.Reach($"{self.Key}:tick");
            if (_ticks <= failing)
                throw new InvalidOperationException("A bug in a tick.");
        });
        return Task.CompletedTask;
    }

    public Task StopAsync()
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    public Task<int> TicksAsync() => Task.FromResult(_ticks);
}
