using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Grains.Chain.Consensus;

namespace Lucid.Grains.Chain;

/// <summary>
/// Drives consensus on one node: feeds the pure engine, does what it asks in the order it asks, and stores what becomes final. What must be
/// durable before something is signed or said is written first; see <see cref="ConsensusOutput"/>.
/// </summary>
public sealed partial class ChainGrain(IActivation self, LedgerNode ledger) : IChainGrain, IActivated, IReminded
{
    private const string Awake = "awake";

    // Owned by this activation: the state of the height being decided, the contents at hand, and the timers that run.
    private readonly Dictionary<Hash256, Block> _contents = [];
    private readonly List<IDisposable> _timers = [];
    private readonly Queue<ConsensusEvent> _events = new();
    private LedgerHead _head = LedgerHead.Before(ledger.Genesis);
    private ConsensusState _state = null!;
    private DateTimeOffset _due;
    private string? _waiting;

    private LedgerParameters Parameters => ledger.Genesis.Parameters;
    private long NowMs => self.Clock.GetUtcNow().ToUnixTimeMilliseconds();
    private int Self => ledger.Validators.IndexOf(ledger.Keys.Identity.PublicKey);

    public async Task ActivatedAsync(CancellationToken cancellation)
    {
        _head = await LedgerRecovery.RunAsync(ledger, cancellation);
        ledger.Candidates.Forget(_head.Height);
        // A crash between the last block and its checkpoint leaves receipts waiting; this makes it good.
        if (_head.Height > 0)
            await PublishCheckpointAsync(_head);
        await BeginHeightAsync();
    }

    public Task StartAsync() => self.RemindAsync(Awake, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    /// <summary>Being woken is all that is needed: the timers run as long as the grain is in memory.</summary>
    public Task RemindedAsync(string name) => Task.CompletedTask;

    private async Task BeginHeightAsync()
    {
        foreach (var timer in _timers)
            timer.Dispose();
        _timers.Clear();
        _contents.Clear();
        var height = _head.Height + 1;
        var order = ProposerSchedule.Order(_head.Id, ledger.Validators);
        var rules = new ConsensusRules(
            height, ledger.Validators, Self < 0 ? null : Self, round => order[round % order.Length], TimeSpan.FromMilliseconds(Parameters.SlotTimeoutMs));
        var outputs = Take(ConsensusEngine.Begin(rules, ledger.Votes.Last));
        await RememberAsync(height, rules);
        await DoAsync(outputs);
        // Counted from the last block's own time, so that the work of a block does not add up; after an outage there is nothing to catch up.
        var due = DateTimeOffset.FromUnixTimeMilliseconds(_head.TimeMs + Parameters.BlockIntervalMs);
        _due = _head.Height == 0 || due < self.Clock.GetUtcNow() ? self.Clock.GetUtcNow() : due;
        After(_due - self.Clock.GetUtcNow(), new HeightDue());
    }

    /// <summary>After a restart within a height: says again what was at hand and what this node signed, so that it goes on where it was.</summary>
    private async Task RememberAsync(ulong height, ConsensusRules rules)
    {
        foreach (var bytes in await ledger.Candidates.ReadAsync(height, CancellationToken.None))
        {
            var block = Block.Parse(bytes);
            var id = block.Header.Id();
            _contents[id] = block;
            _events.Enqueue(new BlockKnown(id, IsAcceptable(block)));
        }
        if (rules.Self is not { } me || _state.Memory is not { Height: var signed } memory || signed != height)
            return;
        var network = rules.Network;
        if (memory.Proposal is { } proposed && _contents.TryGetValue(proposed, out var content))
        {
            var validRound = memory.Valid is { } valid && valid.BlockId == proposed && valid.Round < memory.Round ? valid.Round : (int?)null;
            _events.Enqueue(new ProposalReceived(
                SignedProposal.Sign(new Proposal(network, height, memory.Round, validRound, proposed), me, ledger.Keys.Identity), IsAcceptable(content)));
        }
        if (memory.Prevote is { } prevote)
            _events.Enqueue(Own(new Vote(VoteKind.Prevote, network, height, memory.Round, prevote), me));
        if (memory.Precommit is { } precommit)
            _events.Enqueue(Own(new Vote(VoteKind.Precommit, network, height, memory.Round, precommit), me));
    }

    private async Task HappenAsync(ConsensusEvent happened)
    {
        _events.Enqueue(happened);
        await DoAsync([]);
    }

    private ImmutableArray<ConsensusOutput> Take((ConsensusState State, ImmutableArray<ConsensusOutput> Outputs) result)
    {
        _state = result.State;
        return result.Outputs;
    }

    /// <summary>Does what the engine wants, and feeds it what comes of that, until nothing is left.</summary>
    private async Task DoAsync(ImmutableArray<ConsensusOutput> outputs)
    {
        while (true)
        {
            foreach (var output in outputs)
            {
                if (output is Decided decided)
                {
                    await CommitAsync(decided.Certificate);
                    return;
                }
                await DoAsync(output);
            }
            if (!_events.TryDequeue(out var next))
                return;
            outputs = Take(ConsensusEngine.Handle(_state, next));
        }
    }

    private async Task DoAsync(ConsensusOutput output)
    {
        switch (output)
        {
            case MakeBlock make:
                await MakeBlockAsync(make.Round);
                break;
            case Propose propose:
                await ledger.Votes.SaveAsync(propose.Memory, CancellationToken.None);
                _events.Enqueue(new ProposalReceived(SignedProposal.Sign(propose.Proposal, Self, ledger.Keys.Identity), Acceptable: true));
                break;
            case CastVote cast:
                await ledger.Votes.SaveAsync(cast.Memory, CancellationToken.None);
                _events.Enqueue(Own(cast.Vote, Self));
                break;
            case SetTimer timer:
                After(timer.After, new TimerElapsed(timer.Kind, timer.Round));
                break;
            case EquivocationSeen seen:
                _waiting = $"validator {ledger.Validators.Validators[seen.Validator].Name} signed two different things at height {_head.Height + 1}";
                break;
            case RelayVotes:
                // For others; a ledger of one validator has none.
                break;
            default:
                throw new InvalidOperationException($"Consensus asked for {output.GetType().Name}, which nobody here does.");
        }
    }

    private async Task MakeBlockAsync(int round)
    {
        var head = _head;
        var now = NowMs;
        var waiting = ledger.Pool.First(Parameters.MaxBlockEntries);
        var block = await ledger.Cpu.RunAsync(() => LedgerTransition.Make(
            ledger.Genesis, head, ledger.Keys.Identity.PublicKey, now,
            LedgerTransition.Batch(ledger.Genesis, [.. waiting.Where(entry => ledger.Index.Find(EntryPool.KeyOf(entry)) is null)], ledger.Keys.Identity)));
        var id = block.Header.Id();
        await ledger.Candidates.KeepAsync(block.Header.Height, id, block.Encode(), CancellationToken.None);
        _contents[id] = block;
        _events.Enqueue(new BlockMade(round, id));
    }

    /// <summary>The block is final. On the disk first, then what follows from it, then the checkpoint, then whoever waits.</summary>
    private async Task CommitAsync(CommitCertificate certificate)
    {
        var block = _contents[certificate.BlockId] with { Certificate = certificate };
        await ledger.Blocks.AppendAsync(block, CancellationToken.None);
        var entries = LedgerTransition.Entries(block.Transactions);
        var first = _head.LogSize;
        await ledger.Log.AppendAsync([.. entries.Select(entry => entry.Bytes)], CancellationToken.None);
        await LedgerRecovery.ApplyAsync(ledger, block, CancellationToken.None);
        _head = LedgerTransition.Apply(_head, block);
        await PublishCheckpointAsync(_head);
        ledger.Pool.Remove(entries);
        ledger.Candidates.Forget(_head.Height);
        _events.Clear();
        _waiting = null;
        await self.PublishAsync(self.Key, new BlockCommitted(_head.Height, _head.Id, _head.TimeMs, _head.LogSize));
        for (var i = 0; i < entries.Length; i++)
            await self.PublishAsync(entries[i].Session.ToString("D"), new LogEntryCommitted(entries[i].Session, _head.Height, first + (ulong)i, entries[i].Kind));
        await BeginHeightAsync();
    }

    /// <summary>
    /// Cosigns the log as the last final block has it, and publishes that with its quorum. Only here: before the block's certificate is held,
    /// a cosignature would vouch for a log that may never be.
    /// </summary>
    private async Task PublishCheckpointAsync(LedgerHead head)
    {
        var checkpoints = ledger.Checkpoints;
        if (Self < 0 || (checkpoints.Published is not null && checkpoints.PublishedSize >= head.LogSize))
            return;
        if (CheckpointNote.Make(ledger, head) is { } note)
            await checkpoints.PublishAsync(head.LogSize, note, CancellationToken.None);
    }

    private bool IsAcceptable(Block block) =>
        LedgerTransition.FindFault(ledger.Genesis, _head, block, NowMs, key => ledger.Index.Find(key) is not null) is null;

    private VoteReceived Own(Vote vote, int me) => new(SignedVote.Sign(vote, me, ledger.Keys.Identity));

    private void After(TimeSpan due, ConsensusEvent happened)
    {
        var height = _head.Height;
        IDisposable? timer = null;
        timer = self.Every(due > TimeSpan.Zero ? due : TimeSpan.Zero, TimeSpan.FromDays(1), async _ =>
        {
            timer!.Dispose();
            // A timer of a height that is over can still be waiting in the mailbox.
            if (height != _head.Height)
                return;
            try
            {
                await HappenAsync(happened);
            }
            catch
            {
                // What was half done is taken up again from the disk, by the activation that the next call or the reminder brings.
                self.Deactivate();
                throw;
            }
        });
        _timers.Add(timer);
    }
}
