using System.Reflection;
using Lucid.Engine.Cluster.Calls;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Lucid.Engine.Cluster.Tests.Calls;

public sealed class OutgoingCallsTests
{
    [Fact]
    public async Task Call_WhoseDeadlineRingsEarly_IsLeft_AndNotMadeASecondTime()
    {
        var call = new Call(_ => new TaskCompletionSource().Task);
        await Assert.ThrowsAsync<CallDeadlineException>(() => Calls(new EarlyClock()).Invoke(call));
        Assert.Equal(1, call.Made);
    }

    [Fact]
    public async Task Call_ThatTimedOutByItself_IsMadeAgain()
    {
        var call = new Call(made => made == 1 ? Task.FromException(new TimeoutException()) : Task.CompletedTask);
        await Calls(TimeProvider.System).Invoke(call);
        Assert.Equal(2, call.Made);
    }

    private static OutgoingCalls Calls(TimeProvider clock) => new(new ClusterEngineOptions(), clock, NullLogger<OutgoingCalls>.Instance);

    /// <summary>Its timers ring at once, and no time has passed then.</summary>
    private sealed class EarlyClock : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }

    /// <summary>A call to the ledger's grain, which does what a test says, and counts how often.</summary>
    private sealed class Call(Func<int, Task> invoke) : IOutgoingGrainCallContext
    {
        public int Made { get; private set; }

        public IInvokable Request => throw new NotSupportedException();
        public object Grain => throw new NotSupportedException();
        public MethodInfo InterfaceMethod { get; } = typeof(IChainGrain).GetMethods()[0];
        public object? Result { get; set; }
        public Response? Response { get; set; }
        public IGrainContext? SourceContext => null;
        public GrainId? SourceId => null;
        public GrainId TargetId { get; } = GrainId.Create("chain", "node-1");
        public GrainInterfaceType InterfaceType => default;
        public string InterfaceName => InterfaceMethod.DeclaringType!.Name;
        public string MethodName => InterfaceMethod.Name;

        public Task Invoke() => invoke(++Made);
    }
}
