using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Grains.Tests.Sessions;
using Orleans;

namespace Lucid.Engine.Cluster.Tests.Sessions;

// In the place of the real ledger's two. They have names of their own, since Orleans finds those of every assembly.
public interface IHostedFakeLog : ILogGrain, IGrainWithStringKey;
public interface IHostedFakeChain : IChainGrain, IGrainWithStringKey;

[GrainType("fake-log")] public sealed class HostedFakeLog(IActivation self, FakeLedger ledger) : FakeLogGrain(self, ledger), IHostedFakeLog;
[GrainType("fake-chain")] public sealed class HostedFakeChain(IActivation self, FakeLedger ledger) : FakeChainGrain(self, ledger), IHostedFakeChain;
