using Lucid.Evidence.Audit;
using Lucid.Gateway.Audit;

namespace Lucid.Gateway.Tests.Audit;

public sealed class EventCountsTests
{
    private static readonly AuditEvent _refused = new() { TimeMs = 1, Kind = AuditKind.Authentication, Action = "login_refused", Outcome = AuditOutcome.Refused, Address = "192.0.2.1" };

    private readonly EventCounts _counts = new();

    [Fact]
    public void Events_OfOneKind_AreToldOnceInAWhile()
    {
        var now = DateTimeOffset.UnixEpoch;
        _counts.Add(_refused, "A", "");
        Assert.Equal("1", Assert.Single(_counts.Take(now)).Details["count"]);
        for (var i = 0; i < 1000; i++)
            _counts.Add(_refused with { Address = $"192.0.2.{i % 250}" }, "A", "");
        Assert.Empty(_counts.Take(now + TimeSpan.FromMinutes(9)));
        var told = Assert.Single(_counts.Take(now + EventCounts.Quiet));
        Assert.Equal(("1000", 5, "A"), (told.Details["count"], told.Details["addresses"].Split(' ').Length, told.Details["code"]));
        Assert.Empty(_counts.Take(now + (3 * EventCounts.Quiet)));
    }

    [Fact]
    public void Users_BeyondTheBound_AreCountedTogether()
    {
        for (var user = 0; user < 10_000; user++)
            _counts.Add(_refused with { Actor = $"T{user}" }, "B", "");
        var told = _counts.Take(DateTimeOffset.MaxValue);
        Assert.Equal(EventCounts.MostNames + 1, told.Count);
        Assert.Equal($"{10_000 - EventCounts.MostNames}", Assert.Single(told, one => one.Actor.Length == 0).Details["count"]);
    }

    /// <summary>A stranger who names a million accounts fills neither memory nor log, and hides neither locks nor what users are refused.</summary>
    [Fact]
    public void Accounts_BeyondTheBound_AreCountedTogether_AndLeaveRoomForOtherEvents()
    {
        for (var account = 0; account < 1_000_000; account++)
            _counts.Add(_refused with { Resource = $"user/T{account}" }, "A", $"T{account}");
        _counts.Add(_refused with { Action = "account_lock", Resource = "user/Ada" }, "A", "Ada");
        _counts.Add(_refused with { Action = "access_denied", Actor = "Bob" }, "C", "");
        var told = _counts.Take(DateTimeOffset.UnixEpoch);
        Assert.Equal(EventCounts.MostNames + 3, told.Count);
        Assert.Equal("1", Assert.Single(told, one => one.Resource == "user/T0").Details["count"]);
        Assert.Equal($"{1_000_000 - EventCounts.MostNames}", Assert.Single(told, one => one.Resource == "user").Details["count"]);
        Assert.Single(told, one => one.Resource == "user/Ada");
        Assert.Single(told, one => one.Actor == "Bob");
        // When it is over there is room for others.
        Assert.Empty(_counts.Take(DateTimeOffset.UnixEpoch + EventCounts.Quiet));
        _counts.Add(_refused with { Resource = "user/Eve" }, "A", "Eve");
        Assert.Equal("user/Eve", Assert.Single(_counts.Take(DateTimeOffset.UnixEpoch + EventCounts.Quiet)).Resource);
    }

    [Fact]
    public void Event_ThatIsNoRefusal_HasNoCode_AndKeepsItsDetails()
    {
        _counts.Add(_refused with { Action = "mail_link", Details = _refused.Details.Add("endpoint", "POST /here") }, "", "Ada");
        Assert.Equal(["addresses=192.0.2.1", "count=1", "endpoint=POST /here"], Assert.Single(_counts.Take(DateTimeOffset.MaxValue)).Details.Select(one => $"{one.Key}={one.Value}").Order(StringComparer.Ordinal));
    }
}
