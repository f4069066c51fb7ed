using Lucid.Bench.Load;

namespace Lucid.Bench.Engines;

/// <summary>One of those that are compared, as processes.</summary>
/// <param name="Face">Where its API is.</param>
/// <param name="All">All of its processes, PostgreSQL's aside.</param>
internal sealed record Contender(string Name, NodeProcess Face, IReadOnlyList<NodeProcess> All)
{
    public double Resident() => All.Sum(process => NodeUsage.Read(process.Id, "").Resident);
}
