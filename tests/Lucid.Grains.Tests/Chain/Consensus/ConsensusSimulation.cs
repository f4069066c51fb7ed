using Lucid.Evidence;
using Lucid.Evidence.Ledger;

namespace Lucid.Grains.Tests.Chain.Consensus;

/// <param name="Validators">Of which so many lie.</param>
/// <param name="Heights">Every honest node decides that many.</param>
/// <param name="Quorum">Another quorum than more than two thirds, to see the checks fail.</param>
/// <param name="ForgetVotes">A crash loses what was signed, to see the checks fail.</param>
internal sealed record SimulationOptions(
    int Validators, int Liars, ulong Heights, int? Quorum = null, bool ForgetVotes = false, bool Crashes = true);

/// <summary>
/// Whole networks on virtual time from one seed. Until the calm, messages are lost, repeated, reordered and delayed for seconds, and
/// nodes crash at any point between two effects; after it they arrive within 100 ms. Liars send everyone something else.
/// </summary>
internal sealed class ConsensusSimulation
{
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(2), End = TimeSpan.FromMinutes(20);

    private readonly PriorityQueue<(int Node, int Life, Action Act), (long Ticks, long Order)> _queue = new();
    private readonly Random _random;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly Dictionary<ulong, Hash256> _decided = [];
    private readonly Dictionary<(int, ulong, int, VoteKind), Hash256> _voted = [];
    private long _order;

    public ConsensusSimulation(int seed, SimulationOptions options)
    {
        (Seed, Options, _random) = (seed, options, new Random(seed));
        Network = new TestNetwork(options.Validators);
        for (var index = 0; index < options.Validators; index++)
            _nodes.Add(new SimulatedNode(this, index, liar: index < options.Liars));
    }

    public int Seed { get; }
    public SimulationOptions Options { get; }
    public TestNetwork Network { get; }
    public TimeSpan Now { get; private set; }
    public int Rounds { get; private set; }
    public int Crashes { get; private set; }
    public int Evidence { get; set; }

    /// <summary>Blocks that a liar made and nobody may accept.</summary>
    public HashSet<Hash256> BadBlocks { get; } = [];

    /// <returns>What went wrong, in one sentence; null for nothing.</returns>
    public string? Run()
    {
        foreach (var node in _nodes)
            node.Start();
        try
        {
            while (_nodes.Any(node => !node.Liar && node.Height <= Options.Heights))
            {
                if (!_queue.TryDequeue(out var next, out var at) || at.Ticks > End.Ticks)
                    return $"liveness: after {Now} the honest nodes stand at {string.Join(", ", _nodes.Select(node => node.Describe()))}";
                Now = TimeSpan.FromTicks(at.Ticks);
                if (_nodes[next.Node].Life == next.Life)
                    next.Act();
            }
            return null;
        }
        catch (SimulationFault fault)
        {
            return fault.Message;
        }
    }

    public void Later(SimulatedNode node, TimeSpan after, Action act) =>
        _queue.Enqueue((node.Index, node.Life, act), ((Now + after).Ticks, _order++));

    public void Send(SimulatedNode to, Action<SimulatedNode> message)
    {
        var copies = Now >= Calm ? 1 : _random.Next(10) switch { 0 or 1 => 0, 2 => 2, _ => 1 };
        for (var copy = 0; copy < copies; copy++)
            Later(to, Delay(), () => message(to));
    }

    public void Broadcast(SimulatedNode from, Action<SimulatedNode> message)
    {
        foreach (var node in _nodes.Where(node => node != from))
            Send(node, message);
    }

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    /// <summary>Now and then, before the calm, a node dies between two effects.</summary>
    public bool CrashesNow(SimulatedNode node)
    {
        if (!Options.Crashes || node.Liar || Now >= Calm || !Chance(0.02))
            return false;
        Crashes++;
        node.Die();
        Later(node, TimeSpan.FromMilliseconds(_random.Next(1, 20_000)), node.Start);
        return true;
    }

    /// <summary>Every vote that an honest node ever signed: no two may contradict each other.</summary>
    public void Signed(SimulatedNode node, Vote vote)
    {
        Rounds = Math.Max(Rounds, vote.Round + 1);
        if (!_voted.TryAdd((node.Index, vote.Height, vote.Round, vote.Kind), vote.BlockId) &&
            _voted[(node.Index, vote.Height, vote.Round, vote.Kind)] != vote.BlockId)
            throw new SimulationFault($"contradiction: node {node.Index} signed two {vote.Kind}s at height {vote.Height}, round {vote.Round}");
    }

    public void Decided(SimulatedNode node, CommitCertificate certificate)
    {
        if (Options.Quorum is null && certificate.FindFault(Network.Validators) is { } fault)
            throw new SimulationFault($"certificate: {fault}");
        if (BadBlocks.Contains(certificate.BlockId))
            throw new SimulationFault($"validity: node {node.Index} decided a bad block at height {certificate.Height}");
        if (!_decided.TryAdd(certificate.Height, certificate.BlockId) && _decided[certificate.Height] != certificate.BlockId)
            throw new SimulationFault($"agreement: node {node.Index} decided another block at height {certificate.Height}");
    }

    private TimeSpan Delay() => TimeSpan.FromMilliseconds(
        Now >= Calm ? _random.Next(1, 100) : Chance(0.1) ? _random.Next(1, 10_000) : _random.Next(1, 1_000));
}

internal sealed class SimulationFault(string message) : Exception(message);
