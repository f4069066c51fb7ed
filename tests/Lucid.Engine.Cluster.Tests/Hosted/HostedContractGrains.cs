using Lucid.Engine.Contract;
using Lucid.GrainInterfaces.Engine;
using Orleans;

namespace Lucid.Engine.Cluster.Tests;

// The contract suite's grains on this engine, as every grain is hosted: a derived interface, a derived class, no logic.
public interface IHostedCounter : ICounterGrain, IGrainWithStringKey;
public interface IHostedGate : IGateGrain, IGrainWithStringKey;
public interface IHostedRelay : IRelayGrain, IGrainWithStringKey;
public interface IHostedEcho : IEchoGrain, IGrainWithStringKey;
public interface IHostedJournal : IJournalGrain, IGrainWithStringKey;
public interface IHostedListener : IListenerGrain, IGrainWithStringKey;
public interface IHostedEavesdropper : IEavesdropperGrain, IGrainWithStringKey;
public interface IHostedClock : IClockGrain, IGrainWithStringKey;

[GrainType("counter")] public sealed class HostedCounter(IActivation<CounterState> self) : CounterGrain(self), IHostedCounter;
[GrainType("gate")] public sealed class HostedGate(IActivation self) : GateGrain(self), IHostedGate;
[GrainType("relay")] public sealed class HostedRelay(IActivation self) : RelayGrain(self), IHostedRelay;
[GrainType("echo")] public sealed class HostedEcho(IActivation self) : EchoGrain(self), IHostedEcho;
[GrainType("journal")] public sealed class HostedJournal(IActivation<JournalState> self) : JournalGrain(self), IHostedJournal;
[GrainType("listener")] public sealed class HostedListener(IActivation self) : ListenerGrain(self), IHostedListener, IHostedHandler;
[GrainType("eavesdropper")] public sealed class HostedEavesdropper(IActivation self) : EavesdropperGrain(self), IHostedEavesdropper, IHostedHandler;
[GrainType("clock")] public sealed class HostedClock(IActivation<CounterState> self) : ClockGrain(self), IHostedClock, IHostedReminded;
