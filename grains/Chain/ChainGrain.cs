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
public partial class ChainGrain(IActivation self, LedgerNode ledger) : IChainGrain, IActivated, IReminded
{
    private const string Awake = "awake";
    private static readonly TimeSpan _firstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestRetry = TimeSpan.FromMinutes(1);

    // Owned by this activation: the state of the height being decided, the contents at hand, and the timers that run.
    private readonly Dictionary<Hash256, Block> _contents = [];
    private readonly List<IDisposable> _timers = [];
    private readonly Queue<ConsensusEvent> _events = new();
    private LedgerHead _head = LedgerHead.Before(ledger.Genesis);
    private ConsensusState _state = null!;
    private DateTimeOffset? _due;
    private string? _waiting;

    // Whether _head is the disk's; and how often in a row the disk refused what a block needs.
    private bool _recovered;
    private int _failures;

    private LedgerParameters Parameters => ledger.Genesis.Parameters;
    private long NowMs => self.Clock.GetUtcNow().ToUnixTimeMilliseconds();
    private int Self => ledger.Validators.IndexOf(ledger.Keys.Identity.PublicKey);

    /// <summary>A ledger that cannot go on keeps nobody from calling: what it has to say is then why, and what would help.</summary>
    public async Task ActivatedAsync(CancellationToken cancellation)
    {
        try
        {
            await ResumeAsync();
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Suspend(failure);
        }
    }

    public Task StartAsync() => self.RemindAsync(Awake, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    /// <summary>Being woken is all that is needed: the timers run as long as the grain is in memory.</summary>
    public Task RemindedAsync(string name) => Task.CompletedTask;

    /// <summary>Goes on from where the disk stands, after a start as after a failure.</summary>
    private async Task ResumeAsync()
    {
        _head = await LedgerRecovery.RunAsync(ledger, CancellationToken.None);
        _recovered = true;
        ForgetCandidates();
        // A crash between the last block and its checkpoint leaves receipts waiting; this makes it good.
        if (_head.Height > 0)
            await PublishCheckpointAsync(_head);
        await BeginHeightAsync();
    }

    /// <summary>
    /// Stops deciding, and tries again by itself, later each time. What was half done is taken up from the disk then: the disk is the truth,
    /// and after a refused write nobody knows what reached it.
    /// </summary>
    private void Suspend(Exception failure)
    {
        ForgetHeight();
        _events.Clear();
        (_waiting, _due) = (failure.Message, null);
        var wait = _firstRetry * Math.Pow(2, Math.Min(_failures++, 10));
        Once(wait < _longestRetry ? wait : _longestRetry, ResumeAsync);
    }

    private void ForgetHeight()
    {
        foreach (var timer in _timers)
            timer.Dispose();
        _timers.Clear();
        _contents.Clear();
    }

    private async Task BeginHeightAsync()
    {
        ForgetHeight();
        var height = _head.Height + 1;
        var order = ProposerSchedule.Order(_head.Id, ledger.Validators);
        var rules = new ConsensusRules(
            height, ledger.Validators, Self < 0 ? null : Self, round => order[round % order.Length], TimeSpan.FromMilliseconds(Parameters.SlotTimeoutMs));
        var outputs = Take(ConsensusEngine.Begin(rules, ledger.Votes.Last));
        _waiting = FindWait();
        await RememberAsync(height, rules);
        await DoAsync(outputs);
        // What was remembered may have decided the height already; then the next one has begun.
        if (_head.Height >= height)
            return;
        // Counted from the last block's own time, so that the work of a block does not add up; after an outage there is nothing to catch
        // up. Never further away than one interval: a clock that was set back would else stop the chain until it gets there again.
        var (now, interval) = (self.Clock.GetUtcNow(), TimeSpan.FromMilliseconds(Parameters.BlockIntervalMs));
        var due = At(_head.TimeMs) + interval;
        _due = _head.Height == 0 || due < now ? now : due > now + interval ? now + interval : due;
        After(_due.Value - now, new HeightDue());
    }

    /// <summary>Why no block can be made here, with the cure; null where one can.</summary>
    private string? FindWait()
    {
        var validators = ledger.Validators;
        if (Self < 0)
            return $"this node's key {ledger.Keys.Identity.PublicKey} is none of the {validators.Count} validators in the genesis; start the node with a validator's keys";
        if (_state.Rules.Self is null)
            return $"this validator voted at height {ledger.Votes.Last.Height}, but its blocks end at height {_head.Height}; restore the missing blocks, without which it could contradict itself";
        return validators.Quorum > 1
            ? $"a block needs the votes of {validators.Quorum} of the {validators.Count} validators in the genesis, and there is no connection to the others; a node alone needs a genesis with itself as the only validator"
            : null;
    }

    /// <summary>After a restart within a height: says again what was at hand and what this node signed, so that it goes on where it was.</summary>
    private async Task RememberAsync(ulong height, ConsensusRules rules)
    {
        var acceptable = new HashSet<Hash256>();
        foreach (var bytes in await ledger.Candidates.ReadAsync(height, CancellationToken.None))
        {
            var (block, accepted) = await ledger.Cpu.RunAsync(() =>
            {
                var kept = Block.Parse(bytes);
                return (kept, IsAcceptable(kept));
            });
            var id = block.Header.Id();
            _contents[id] = block;
            if (accepted)
                acceptable.Add(id);
            _events.Enqueue(new BlockKnown(id, accepted));
        }
        if (rules.Self is not { } me || _state.Memory is not { Height: var signed } memory || signed != height)
            return;
        var network = rules.Network;
        // Once this round has its own quorum of prevotes, the valid round that was proposed with is no longer known, and another one would be
        // a second proposal; nobody needs it any more either.
        if (memory.Precommit is { } promised && promised != Hash256.Zero && !_contents.ContainsKey(promised))
        {
            // It may not vote for another block at this height, and this one is gone: nothing can be built here any more.
            _waiting = $"the block that this validator signed at height {height}, {promised}, is not on its disk: its file in ledger/candidates is missing or damaged; restore it from a backup or another validator";
            return;
        }
        if (memory.Proposal is { } proposed && memory.Valid?.Round != memory.Round)
        {
            _events.Enqueue(new ProposalReceived(
                SignedProposal.Sign(new Proposal(network, height, memory.Round, memory.Valid?.Round, proposed), me, ledger.Keys.Identity),
                acceptable.Contains(proposed)));
        }
        if (memory.Prevote is { } prevote)
            _events.Enqueue(Own(new Vote(VoteKind.Prevote, network, height, memory.Round, prevote), me));
        if (memory.Precommit is { } precommit)
            _events.Enqueue(Own(new Vote(VoteKind.Precommit, network, height, memory.Round, precommit), me));
    }

    /// <summary>
    /// All but the last final block's: should its record turn out to be torn after a power cut, it is decided again from here, since this node
    /// has signed it and may sign no other.
    /// </summary>
    private void ForgetCandidates()
    {
        if (_head.Height > 0)
            ledger.Candidates.Forget(_head.Height - 1);
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
        var (block, bytes) = await ledger.Cpu.RunAsync(() =>
        {
            var made = Make(head, now, waiting);
            return (made, made.Encode());
        });
        var id = block.Header.Id();
        await ledger.Candidates.KeepAsync(block.Header.Height, id, bytes, CancellationToken.None);
        _contents[id] = block;
        _events.Enqueue(new BlockMade(round, id));
    }

    private Block Make(LedgerHead head, long nowMs, IReadOnlyList<WaitingEntry> waiting)
    {
        var byCommitted = waiting.ToLookup(one => ledger.Index.Find(EntryPool.KeyOf(one.Entry)) is not null);
        // Handed in again while its block became final. Left in line, enough of these would keep all others out of the blocks.
        ledger.Pool.Remove(byCommitted[true].Select(one => one.Entry));
        var batches = LedgerTransition.Batch(ledger.Genesis, [.. byCommitted[false]], ledger.Keys.Identity);
        return LedgerTransition.Make(ledger.Genesis, head, ledger.Keys.Identity.PublicKey, nowMs, batches);
    }

    /// <summary>The block is final. On the disk first, then what follows from it, then the checkpoint, then whoever waits.</summary>
    private async Task CommitAsync(CommitCertificate certificate)
    {
        var before = _head;
        var block = _contents[certificate.BlockId] with { Certificate = certificate };
        await ledger.Blocks.AppendAsync(block, CancellationToken.None);
        var (entries, head) = await ledger.Cpu.RunAsync(() =>
        {
            var added = LedgerTransition.Entries(block.Transactions);
            return (added, LedgerTransition.Apply(before, block, added));
        });
        await ledger.Log.AppendAsync([.. entries.Select(entry => entry.Bytes)], CancellationToken.None);
        await LedgerRecovery.ApplyAsync(ledger, block, entries, CancellationToken.None);
        (_head, _failures) = (head, 0);
        await LedgerRecovery.MendAsync(ledger, head, CancellationToken.None);
        await PublishCheckpointAsync(_head);
        var handedIn = ledger.Pool.Remove(entries);
        ForgetCandidates();
        _events.Clear();
        Tell(entries, before.LogSize, handedIn);
        await BeginHeightAsync();
    }

    /// <summary>
    /// Cosigns the log as the last final block has it, and publishes that with its quorum. Only here: before the block's certificate is held,
    /// a cosignature would vouch for a log that may never be.
    /// </summary>
    private async Task PublishCheckpointAsync(LedgerHead head)
    {
        var checkpoints = ledger.Checkpoints;
        if (Self < 0 || (checkpoints.Published is { } published && published.Size >= head.LogSize))
            return;
        if (CheckpointNote.Make(ledger, head.LogSize, head.LogRoot, head.TimeMs) is { } note)
            await checkpoints.PublishAsync(head.LogSize, note.Encode(), CancellationToken.None);
    }

    private bool IsAcceptable(Block block) =>
        LedgerTransition.FindFault(ledger.Genesis, _head, block, NowMs, key => ledger.Index.Find(key) is not null) is null;

    private VoteReceived Own(Vote vote, int me) => new(SignedVote.Sign(vote, me, ledger.Keys.Identity));

    private void After(TimeSpan due, ConsensusEvent happened)
    {
        var height = _head.Height;
        // A timer of a height that is over can still be waiting in the mailbox.
        Once(due, () => height == _head.Height ? HappenAsync(happened) : Task.CompletedTask);
    }

    private void Once(TimeSpan due, Func<Task> work)
    {
        IDisposable? timer = null;
        timer = self.Every(due > TimeSpan.Zero ? due : TimeSpan.Zero, TimeSpan.FromDays(1), async _ =>
        {
            timer!.Dispose();
            try
            {
                await work();
            }
            catch (Exception failure)
            {
                Suspend(failure);
                // The engine logs it.
                throw;
            }
        });
        _timers.Add(timer);
    }
}
