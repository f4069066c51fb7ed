namespace Lucid.Silo.Tests.Kills;

/// <summary>
/// Rounds of one node under load: started, held to all that it ever promised, loaded by several clients at once, and killed at a moment that
/// is drawn from the seed; sometimes while it starts.
/// </summary>
internal sealed class KillRun(TempFolder folder, int seed, Action<string> tell)
{
    private const int Clients = 4;

    // Of the sessions that are over, so many are looked at in each round; in the last one all.
    private const int OverLookedAt = 4;

    private readonly Random _random = new(seed);
    private readonly List<RecordedSession> _sessions = [];
    private readonly RecordedSession?[] _recording = new RecordedSession?[Clients];
    private readonly SessionWitness _witness = new(folder.Data.Trust);
    private readonly LedgerWitness _ledger = new();
    private RecordedSession? _abandoned;
    private DateTimeOffset? _downSince;
    private TimeSpan _slowestStart;
    private int _kills;

    public async Task RunAsync(int rounds)
    {
        for (var round = 0; round <= rounds; round++)
        {
            var aim = Aim.Draw(_random);
            using var node = await StartAsync();
            try
            {
                using var api = await node.ReadyAsync();
                _slowestStart = TimeSpan.FromTicks(Math.Max(_slowestStart.Ticks, node.StartedWithin.Ticks));
                await (round < rounds ? RoundAsync(node, api, new Shot(aim)) : EndAsync(node, api));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"LUCID_SEED={seed}, round {round}, to be killed at {aim}: {failure.Message}\nThe node had said:\n{node.Said}", failure);
            }
        }
        tell($"LUCID_SEED={seed}: {_kills} kills, {_sessions.Count} sessions, {_sessions.Sum(session => session.Receipts.Count)} receipts, " +
            $"{_ledger.Blocks} blocks, slowest start {_slowestStart.TotalSeconds:0.00} s.");
    }

    private async Task RoundAsync(NodeProcess node, NodeApi api, Shot shot)
    {
        // Right after a start there is most to be done, so some kills come while the node is being looked at.
        var early = shot.Aim.Moment == Moment.Ready;
        var killed = early ? KillAsync(node, shot) : Task.CompletedTask;
        shot.Notice(Moment.Ready);
        await UntilKilledAsync(node, () => CheckAsync(api, OverLookedAt));
        if (!early)
            killed = KillAsync(node, shot);
        var clients = Enumerable.Range(0, Clients).Select(client => (client, _random.Next())).ToList();
        await Task.WhenAll(
            [.. clients.Select(one => UntilKilledAsync(node, () => RecordAsync(api, one.client, new Random(one.Item2), shot))),
            UntilKilledAsync(node, () => KeepAsync(api, new Random(_random.Next()), shot))]);
        await killed;
    }

    /// <summary>The last round: everything is brought to its end, and verified.</summary>
    private async Task EndAsync(NodeProcess node, NodeApi api)
    {
        await CheckAsync(api, int.MaxValue);
        foreach (var session in _sessions.Where(session => !session.Is(Phase.Closed) && !session.MayBe(Phase.Erased)))
        {
            if (session.LeaseIsUnknown)
                await session.ResumeAsync(api, Shot.None);
            await session.StopAsync(api, acceptGaps: true, Shot.None);
        }
        foreach (var session in _sessions.Where(session => !session.IsDone))
            await _witness.CheckEvidenceAsync(api, session);
        foreach (var session in _sessions.Where(session => session.Is(Phase.Erased)))
            await _witness.CheckErasedAsync(api, session);
        if (_abandoned is not null)
        {
            _abandoned.BecomesKnown(Phase.Closed);
            await _witness.CheckEvidenceAsync(api, _abandoned, "interrupted");
        }
        await _ledger.LookAtAllAsync(api);
        await KillAsync(node);
    }

    /// <summary>Everything that must hold after a start.</summary>
    private async Task CheckAsync(NodeApi api, int over)
    {
        await _ledger.LookAsync(api);
        foreach (var session in _sessions.Where(session => !session.IsDone))
            await SessionWitness.CheckAsync(api, session, _random);
        foreach (var session in _sessions.Where(session => session.IsDone).OrderBy(_ => _random.Next()).Take(over).ToList())
            await SessionWitness.CheckAsync(api, session, _random);
        if (_abandoned is { } abandoned)
            await SessionWitness.CheckAsync(api, abandoned, _random);
    }

    /// <summary>One client: records session after session.</summary>
    private async Task RecordAsync(NodeApi api, int client, Random random, Shot shot)
    {
        while (true)
        {
            var session = _recording[client];
            if (session is null || session.Is(Phase.Closed))
                _recording[client] = Add(await RecordedSession.CreateAsync(api, random, shot));
            else if (session.LeaseIsUnknown || session.MayBe(Phase.Paused))
                await session.ResumeAsync(api, shot);
            else if (random.Next(8) == 0)
                await SessionWitness.CheckAsync(api, session, random);
            else
                await RecordAsync(api, session, random, shot);
        }
    }

    /// <summary>Some chunks at once, in any order, perhaps with holes; and perhaps a pause, a resume or a stop in their midst.</summary>
    private static async Task RecordAsync(NodeApi api, RecordedSession session, Random random, Shot shot)
    {
        var indices = session.Missing().Take(1 + random.Next(6)).Where(_ => random.Next(8) > 0).ToArray();
        random.Shuffle(indices);
        Func<Task>? disturb = random.Next(24) switch
        {
            0 or 1 => () => session.PauseAsync(api, shot),
            2 or 3 => () => session.ResumeAsync(api, shot),
            4 => () => session.StopAsync(api, acceptGaps: true, shot),
            5 => () => session.StopAsync(api, acceptGaps: false, shot),
            _ => null,
        };
        var together = disturb is not null && random.Next(2) == 0;
        var requests = indices.Select(index => session.UploadAsync(api, index, disturbed: together, shot)).ToList();
        if (together)
            requests.Insert(random.Next(requests.Count + 1), disturb!());
        await Task.WhenAll(requests);
        if (disturb is not null && !together)
            await disturb();
    }

    /// <summary>Another client: verifies what is closed, erases some of it, rotates keys, and watches the ledger.</summary>
    private async Task KeepAsync(NodeApi api, Random random, Shot shot)
    {
        if (_abandoned is null)
        {
            var abandoned = await RecordedSession.CreateAsync(api, random, shot, abandoned: true);
            await abandoned.UploadAsync(api, 0, disturbed: false, shot);
            abandoned.BecomesKnown(Phase.Open);
            _abandoned = abandoned;
        }
        while (true)
        {
            await _ledger.LookAsync(api);
            if (Sessions().Find(session => session.Is(Phase.Closed) && !session.IsDone) is { } closed)
                await _witness.CheckEvidenceAsync(api, closed);
            var erase = Sessions().Find(session => session.IsDone && !session.Is(Phase.Erased));
            if (erase is not null && (random.Next(4) == 0 || shot.Aim.Moment == Moment.EraseSent))
            {
                await erase.EraseAsync(api, shot);
                await _witness.CheckErasedAsync(api, erase);
            }
            if (random.Next(4) > 0 && shot.Aim.Moment != Moment.RotationSent)
                continue;
            var rotation = api.SendAsync(HttpMethod.Post, "keys/rotate");
            shot.Notice(Moment.RotationSent);
            (await rotation).RequireOk();
        }
    }

    private async Task<NodeProcess> StartAsync()
    {
        while (true)
        {
            File.Delete(folder.Data.NodeFile);
            NoteUp();
            var node = NodeProcess.Start(folder.Data);
            if (_random.Next(4) > 0)
                return node;
            using (node)
            {
                // While it reads, recovers, wakes its sessions, or is just ready.
                await Task.Delay(TimeSpan.FromMilliseconds(50 + _random.Next(600)), TimeProvider.System);
                await KillAsync(node);
            }
        }
    }

    private async Task KillAsync(NodeProcess node, Shot? shot = null)
    {
        if (shot is not null)
            await shot.WaitAsync();
        await node.KillAsync();
        _downSince = TimeProvider.System.GetUtcNow();
        _kills++;
    }

    private void NoteUp()
    {
        if (_downSince is not { } since)
            return;
        foreach (var session in Sessions().Append(_abandoned).OfType<RecordedSession>())
            session.Outages.Add((since, TimeProvider.System.GetUtcNow()));
        _downSince = null;
    }

    /// <summary>Works until the node dies under it, which it may do only by our hand.</summary>
    private static async Task UntilKilledAsync(NodeProcess node, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (NodeGoneException) when (node.IsKilled)
        {
            // What was asked last has no answer.
        }
    }

    private RecordedSession Add(RecordedSession session)
    {
        lock (_sessions)
            _sessions.Add(session);
        return session;
    }

    private List<RecordedSession> Sessions()
    {
        lock (_sessions)
            return [.. _sessions];
    }
}
