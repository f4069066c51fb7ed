using Lucid.GrainInterfaces.Engine;
using Orleans;

namespace Lucid.Bench.Engines;

internal interface IHostedBench : IBenchGrain, IGrainWithStringKey;

[GrainType("bench")]
internal sealed class HostedBench(IActivation<BenchState> self) : BenchGrain(self), IHostedBench;
