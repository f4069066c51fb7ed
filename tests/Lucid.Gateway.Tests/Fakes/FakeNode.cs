using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Limits;
using Lucid.GrainInterfaces.Lists;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>The grains of a node in memory. <see cref="Failure"/> makes every session grain fail, for the tests of errors.</summary>
internal sealed class FakeNode : IGrains, ISessionDirectory
{
    public static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly Type[] _real = [typeof(IUserGrain), typeof(ITrustPolicyGrain), typeof(IPolicyIndexGrain), typeof(IIdempotencyGrain), typeof(IDoorGrain), typeof(IAttemptsGrain)];

    private readonly ConcurrentDictionary<Guid, FakeSession> _sessions = new();

    public FakeNode() => Audit = new FakeAudit(Ledger);

    public FakeLedger Ledger { get; } = new();
    public FakeIssuer Issuer { get; } = new();
    public FakeAudit Audit { get; }
    public Exception? Failure { get; set; }

    /// <summary>Where quotas are leased from; another node's, to share them with it.</summary>
    public IGrains Quotas { get; set; } = new FakeQuotas(TimeProvider.System);

    /// <summary>Where the real grains of users, their doors, policies and repeated requests are; null where a test has none.</summary>
    public Func<IGrains>? Engine { get; set; }

    public SessionListQuery? LastQuery { get; private set; }

    /// <summary>Told of each session before it is made; what it throws refuses it.</summary>
    public Action<Guid> OnCreate { get; set; } = _ => { };

    public FakeSession Session(Guid id) => _sessions.GetOrAdd(id, one => new FakeSession(one, this));

    public TGrain Get<TGrain>(string key) where TGrain : class, IGrain =>
        Engine is { } engine && _real.Contains(typeof(TGrain)) ? engine().Get<TGrain>(key) : (TGrain)Find(typeof(TGrain), key);

    public Task UpsertAsync(SessionView session, ImmutableArray<SessionShare> shares, CancellationToken cancellation) => Task.CompletedTask;

    public Task CheckNewAsync(Guid session, CancellationToken cancellation) => Task.CompletedTask;

    public Task<SessionListPage> ListAsync(SessionListQuery query, CancellationToken cancellation)
    {
        LastQuery = query;
        // One order, by name, whatever is asked for; a word is found where the text has it in any place.
        var all = _sessions.Values.Select(session => session.View())
            .Where(view => query.SharedWith is not { } auditor || Session(view.SessionId).Shares.Any(share => share.Auditor == auditor))
            .Where(view => (query.Status is null || view.Status == query.Status) && (query.Owner is null || view.Owner == query.Owner))
            .Where(view => (query.Search ?? "").Split(' ').All(word => view.Name.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(view => view.Name, StringComparer.Ordinal).ToList();
        var rest = query.After is { } place
            ? all.SkipWhile(view => view.SessionId.ToString("D") != place.Id).Skip(1).ToList()
            : all.Skip((query.Page - 1) * query.Limit).ToList();
        return Task.FromResult(new SessionListPage([.. rest.Take(query.Limit)], query.After is null ? all.Count : null)
        {
            Next = rest.Count > query.Limit && rest[query.Limit - 1] is var last ? Place(last, query.Sort) : null,
        });
    }

    public Task<SessionStatistics> AddUpAsync(string? owner, CancellationToken cancellation)
    {
        var views = _sessions.Values.Select(session => session.View()).Where(view => owner is null || view.Owner == owner).ToList();
        return Task.FromResult(new SessionStatistics(
            views.Count, [.. views.GroupBy(view => view.Status).Select(group => new StatusCount(group.Key, group.Count()))],
            views.Sum(view => view.ChunkCount), views.Sum(view => view.SizeBytes), views.Sum(view => view.StoredBytes), 0, 0, 0));
    }

    private static ListPosition Place(SessionView last, string sort) => sort == "name"
        ? new ListPosition(sort, last.SessionId.ToString("D")) { Name = last.Name }
        : new ListPosition(sort, last.SessionId.ToString("D")) { Time = (last.CreatedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond };

    public Task<T> AnswerAsync<T>(Func<T> answer)
    {
        try
        {
            return Failure is { } failure ? Task.FromException<T>(failure) : Task.FromResult(answer());
        }
        catch (GrainException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    public Task AnswerAsync(Action answer) => AnswerAsync(() =>
    {
        answer();
        return true;
    });

    private object Find(Type contract, string key)
    {
        if (contract == typeof(ISessionGrain))
            return Session(Guid.ParseExact(key, "D"));
        if (contract == typeof(IQuotaGrain))
            return Quotas.Get<IQuotaGrain>(key);
        if (contract == typeof(IChunkGrain))
        {
            var slash = key.IndexOf('/', StringComparison.Ordinal);
            return new FakeChunk(Session(Guid.ParseExact(key[..slash], "D")), ulong.Parse(key[(slash + 1)..], CultureInfo.InvariantCulture));
        }
        if (contract == typeof(IIssuerGrain))
            return Issuer;
        if (contract == typeof(IAuditGrain))
            return Audit;
        Assert.Equal(GatewayHost.NodeId, key);
        return contract == typeof(IChainGrain) || contract == typeof(ILogGrain) ? Ledger : throw new NotSupportedException(contract.Name);
    }
}
