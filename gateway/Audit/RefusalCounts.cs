using System.Collections.Immutable;
using System.Globalization;
using Lucid.Evidence.Audit;

namespace Lucid.Gateway.Audit;

/// <summary>
/// Refusals, counted. A stranger can be refused a million times an hour, so that a record for each would fill the disk and hide the rest: the first
/// of a kind is told at the next tick, and what follows within <see cref="Quiet"/> becomes one record with its number. A kind is action, code
/// and, where somebody has shown who they are, the user; of users no more than <see cref="MostKinds"/> are told apart.
/// </summary>
internal sealed class RefusalCounts
{
    /// <summary>Between two records of one kind.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    /// <summary>Beyond that many kinds at once users are counted together.</summary>
    public const int MostKinds = 256;

    private const int MostAddresses = 5;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Action, string Code, string Actor), Counted> _kinds = [];

    public void Add(AuditEvent refused, string code)
    {
        lock (_gate)
        {
            var kind = (refused.Action, code, refused.Actor);
            if (!_kinds.TryGetValue(kind, out var counted) && _kinds.Count >= MostKinds)
            {
                kind = (refused.Action, code, "");
                refused = refused with { Actor = "", Role = "" };
                _kinds.TryGetValue(kind, out counted);
            }
            counted ??= _kinds[kind] = new Counted();
            if (counted.Count++ == 0)
                counted.First = refused;
            if (refused.Address.Length > 0 && counted.Addresses.Count < MostAddresses && !counted.Addresses.Contains(refused.Address))
                counted.Addresses.Add(refused.Address);
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
                    _kinds.Remove(kind);
                    continue;
                }
                told.Add(counted.First! with
                {
                    Details = ImmutableDictionary<string, string>.Empty
                        .Add("code", kind.Code).Add("count", counted.Count.ToString(CultureInfo.InvariantCulture)).Add("addresses", string.Join(' ', counted.Addresses)),
                });
                (counted.Count, counted.ToldAt) = (0, now);
                counted.Addresses.Clear();
            }
        }
        return told;
    }

    private sealed class Counted
    {
        public AuditEvent? First { get; set; }
        public long Count { get; set; }
        public DateTimeOffset? ToldAt { get; set; }
        public List<string> Addresses { get; } = [];
    }
}
