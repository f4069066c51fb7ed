using System.Text.Json;
using System.Text.Json.Nodes;
using Lucid.Engine.Cluster.Storage;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains.Tests.Sessions;

namespace Lucid.Engine.Cluster.Tests.Sessions;

/// <summary>Sessions on three Orleans silos, asked through a client as a gateway is. Their clock turns when a test says so, in steps.</summary>
internal sealed class ClusterSessionWorld : SessionWorld
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);
    private static int _worlds;

    private readonly SessionCluster _home;
    private LucidTestCluster? _cluster;
    private volatile bool _isOver;

    public ClusterSessionWorld(SessionCluster home) : base(home.Recorders, home.Ledger, home.Directory)
    {
        _home = home;
        var number = Interlocked.Increment(ref _worlds);
        (Id, NextId) = (IdOf(2 * number), IdOf((2 * number) + 1));
        Recorders.Reset();
        Ledger.Reset();
    }

    public override IGrains Grains => Cluster.Grains;
    public override DateTimeOffset Now => Cluster.Clock.GetUtcNow();

    private LucidTestCluster Cluster => _cluster ?? throw new InvalidOperationException($"Ask within {nameof(RunAsync)}, which starts the cluster.");
    private Orleans.Runtime.GrainId Grain => Orleans.Runtime.GrainId.Create("session", Id.ToString("D"));

    public override async Task RunAsync(Func<Task> body)
    {
        _cluster = await _home.StartedAsync();
        var run = body();
        if (await Task.WhenAny(run, Task.Delay(_patience, TimeProvider.System)) != run)
        {
            _isOver = true;
            Assert.Fail($"The test has not ended in {_patience.TotalSeconds} s. {Listed()}");
        }
        await run;
    }

    public override async Task DelayAsync(double seconds)
    {
        // No session ticks twice within a step, unless so much time passes that only reminders matter.
        var step = Math.Max(1, seconds / 100);
        for (var left = seconds; left > 0; left -= step)
        {
            Pass(Math.Min(step, left));
            // A tick that has rung stands before this call in the session's line.
            if (Directory.Rows.ContainsKey(Id))
                await As(Caller.Lucid).GetAsync();
        }
    }

    public override async Task<T> AnsweredAsync<T>(Task<T> call)
    {
        // Slowly: how far time has passed once the answer is here is what such a test looks at.
        while (await Task.WhenAny(call, Task.Delay(5 * _pause, TimeProvider.System)) != call)
            Pass(0.25);
        return await call;
    }

    public override async Task UntilListedAsync(SessionStatus status)
    {
        while (Directory.Rows[Id].Status != status)
        {
            Pass(1);
            await Task.Delay(_pause, TimeProvider.System);
        }
    }

    public override Task ForgetAsync() => Cluster.Orleans.DeactivateAsync(Grain);

    public override async Task RewriteAsync(Action<JsonObject> change)
    {
        await ForgetAsync();
        var id = new StoredId("session", Id.ToString("D"));
        var stored = await Cluster.Store.ReadAsync(id);
        var state = JsonNode.Parse(stored.Json)!.AsObject();
        change(state);
        await Cluster.Store.SaveAsync(id, stored.Version, JsonSerializer.SerializeToUtf8Bytes(state));
    }

    public override async Task KillAsync()
    {
        Assert.True(Cluster.Orleans.TryGetGrainContext(Grain, out var context), $"The session is in no silo's memory. {Listed()}");
        await Cluster.KillAsync(Cluster.Orleans.GetSiloForAddress(context.Address.SiloAddress!)!);
    }

    private void Pass(double seconds)
    {
        if (_isOver)
            throw new OperationCanceledException("The test took too long.");
        Cluster.Clock.Advance(TimeSpan.FromSeconds(seconds));
    }

    private string Listed() => Directory.Rows.TryGetValue(Id, out var view)
        ? $"The list says that the session is {view.Status} and waits for '{view.Waiting}'."
        : "No session was created.";

    private static Guid IdOf(int number) => Guid.Parse($"0190b2f0-0000-7000-8000-{number:x12}");
}
