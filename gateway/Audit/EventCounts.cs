using System.Collections.Immutable;
using System.Globalization;
using Lucid.Evidence.Audit;

namespace Lucid.Gateway.Audit;

/// <summary>
/// Refusals, and what else strangers can cause as often as they like, counted: a record for each would fill the disk and hide the rest. The first
/// of a kind is told at the next tick, and what follows within <see cref="Quiet"/> becomes one record with its number. A kind is action, code and
/// whom it is about: the user who has shown who they are, or the account that somebody says is theirs. Of these no more than
/// <see cref="MostNames"/> are told apart for each action, so that whoever names a million accounts fills neither memory nor log, and hides
/// nothing but more of the same.
/// </summary>
internal sealed class EventCounts
{
    /// <summary>Between two records of one kind.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    /// <summary>Beyond that many kinds with a name, of one action at once, those of other names are counted together.</summary>
    public const int MostNames = 64;

    private const int MostAddresses = 5;
    private readonly Lock _gate = new();
    private readonly Dictionary<Kind, Counted> _kinds = [];

    // Of the kinds with a name, how many each action has.
    private readonly Dictionary<string, int> _named = new(StringComparer.Ordinal);

    /// <param name="code">Why it was refused; empty where it was not.</param>
    /// <param name="account">Whom it is about where its actor is not known; empty where nobody is named.</param>
    public void Add(AuditEvent happened, string code, string account)
    {
        lock (_gate)
        {
            var kind = new Kind(happened.Action, code, happened.Actor, account);
            if (!_kinds.TryGetValue(kind, out var counted) && kind.HasName && _named.GetValueOrDefault(kind.Action) >= MostNames)
            {
                kind = kind with { Actor = "", Account = "" };
                // One account of many would be taken for the only one.
                happened = happened with { Actor = "", Role = "", Resource = account.Length > 0 ? "user" : happened.Resource };
                _kinds.TryGetValue(kind, out counted);
            }
            counted ??= Begin(kind);
            if (counted.Count++ == 0)
                counted.First = happened;
            if (happened.Address.Length > 0 && counted.Addresses.Count < MostAddresses && !counted.Addresses.Contains(happened.Address))
                counted.Addresses.Add(happened.Address);
        }
    }

    /// <summary>What is to be told now. <see cref="DateTimeOffset.MaxValue"/> for all there is.</summary>
    public IReadOnlyList<AuditEvent> Take(DateTimeOffset now)
    {
        var told = new List<AuditEvent>();
        lock (_gate)
        {
            foreach (var (kind, counted) in _kinds.ToList())
            {
                if (counted.ToldAt is { } last && now - last < Quiet)
                    continue;
                if (counted.Count == 0)
                {
                    End(kind);
                    continue;
                }
                told.Add(counted.First! with { Details = Details(kind, counted) });
                (counted.Count, counted.ToldAt) = (0, now);
                counted.Addresses.Clear();
            }
        }
        return told;
    }

    private static ImmutableDictionary<string, string> Details(Kind kind, Counted counted)
    {
        var details = counted.First!.Details
            .SetItem("count", counted.Count.ToString(CultureInfo.InvariantCulture)).SetItem("addresses", string.Join(' ', counted.Addresses));
        return kind.Code.Length > 0 ? details.SetItem("code", kind.Code) : details;
    }

    private Counted Begin(Kind kind)
    {
        if (kind.HasName)
            _named[kind.Action] = _named.GetValueOrDefault(kind.Action) + 1;
        return _kinds[kind] = new Counted();
    }

    private void End(Kind kind)
    {
        _kinds.Remove(kind);
        if (kind.HasName)
            _named[kind.Action]--;
    }

    private readonly record struct Kind(string Action, string Code, string Actor, string Account)
    {
        public bool HasName => Actor.Length > 0 || Account.Length > 0;
    }

    private sealed class Counted
    {
        public AuditEvent? First { get; set; }
        public long Count { get; set; }
        public DateTimeOffset? ToldAt { get; set; }
        public List<string> Addresses { get; } = [];
    }
}
