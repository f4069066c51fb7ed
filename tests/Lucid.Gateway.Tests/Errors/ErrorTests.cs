using System.Net.Http.Headers;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Tests.Errors;

public sealed class ErrorTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    public static TheoryData<Exception, int, bool, string?> Failures => new()
    {
        { new InvalidRequestException("the value"), 1001, true, null },
        { new SessionNotFoundException("no session"), 4001, true, null },
        { new SessionConflictException("taken"), 4002, true, null },
        { new EntryConflictException("another entry"), 4002, true, null },
        { new LogBusyException("too many entries"), 3003, true, "1" },
        { new MailboxFullException("session/secret", 100, TimeSpan.FromSeconds(2)), 3003, false, "2" },
        { new CallDeadlineException("session/secret", "GetAsync", TimeSpan.FromSeconds(30)), 5006, false, null },
        { new EngineStoppedException(), 5008, false, "1" },
        { new GrainUnreachableException("recorder/silo-2", "its silo died"), 5009, true, "1" },
        { new StateConflictException("session/secret", 3), 5002, false, "1" },
        { new GrainStoreException("state.db cannot grow: the disk is full", new InvalidOperationException("secret")), 5002, true, "1" },
        { new GrainDamagedException("state.db", "session/1", "its state is missing"), 5003, true, null },
        { new ChunkDamagedException("the file of chunk 3"), 4108, true, null },
        { new KeyDamagedException("the key's file"), 4109, true, null },
        { new LedgerDamagedException("blocks/1", 40, "the block is cut off", "Restore it"), 5004, true, null },
        { new LedgerUnavailableException("no block yet"), 4009, true, null },
        { new CallCircleException("session/secret → session/secret"), 5001, false, null },
        { new StateTooLargeException("session/secret", 70_000, 65_536), 5001, false, null },
        { new InvalidOperationException("secret"), 5001, false, null },
        { new IOException("/secret/path"), 5001, false, null },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task Grain_Fails_IsToldByTheTableWithoutItsInsides(Exception failure, int number, bool ownMessage, string? retryAfter)
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        host.Node.Failure = failure;
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        var kind = ErrorTable.All.Single(one => one.Number == number);
        var error = await GatewayHost.ErrorOf(answer, kind);
        Assert.Equal(ownMessage ? failure.Message : kind.Meaning, error.GetProperty("message").GetString());
        Assert.DoesNotContain("secret", error.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(retryAfter, answer.Headers.RetryAfter?.ToString());
    }

    /// <summary>Which file of the node it is, and what its database said, is for whoever looks after it.</summary>
    [Theory]
    [InlineData(Role.User, false)]
    [InlineData(Role.Admin, true)]
    public async Task Store_Fails_IsToldInFullOnlyToWhoeverLooksAfterTheNode_AndLoggedForTheOthers(Role role, bool inFull)
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        var token = await host.AccessTokenAsync("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB", role);
        foreach (var (failure, kind) in new (Exception, ErrorKind)[]
        {
            (new GrainStoreException("/secret/grains.db cannot grow"), ErrorTable.StoreFailed),
            (new GrainDamagedException("/secret/grains.db", "session/1", "its state is missing"), ErrorTable.StateDamaged),
        })
        {
            host.Node.Failure = failure;
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sessions/{id}");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await host.Anyone.SendAsync(request);
            var error = await GatewayHost.ErrorOf(answer, kind);
            Assert.Equal(inFull ? failure.Message : kind.Meaning, error.GetProperty("message").GetString());
            if (inFull)
                continue;
            Assert.Equal(kind == ErrorTable.StoreFailed ? "1" : null, answer.Headers.RetryAfter?.ToString());
            Assert.DoesNotContain("secret", error.GetRawText(), StringComparison.Ordinal);
            Assert.Contains(host.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains(failure.Message, StringComparison.Ordinal) &&
                line.Contains(error.GetProperty("request_id").GetString()!, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Grain_FailsUnexpectedly_IsLoggedWithTheRequestIdAndNoSecret()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        host.Node.Failure = new InvalidOperationException("the cause");
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}");
        var request = answer.Headers.GetValues("Lucid-Request-Id").Single();
        Assert.Contains(host.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal) && line.Contains(request, StringComparison.Ordinal) && line.Contains("the cause", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(GatewayHost.Token, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", "/nowhere", 4001)]
    [InlineData("GET", "/api/v1/nowhere", 4001)]
    [InlineData("GET", "/api/v2/sessions", 4001)]
    [InlineData("PATCH", "/api/v1/sessions", 1013)]
    [InlineData("POST", "/api/v1/blocks/latest", 1013)]
    public async Task Route_Unknown_IsEnveloped(string method, string path, int number)
    {
        var host = shared.Host;
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await host.Client.SendAsync(request);
        await GatewayHost.ErrorOf(answer, ErrorTable.All.Single(kind => kind.Number == number));
        Assert.Equal(number == 1013, answer.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task RequestIds_TwoRequests_AreDifferentUuids()
    {
        var host = shared.Host;
        using var one = await host.Client.GetAsync("/api/v1/meta/version");
        using var two = await host.Client.GetAsync("/api/v1/meta/version");
        var ids = new[] { one, two }.Select(answer => Guid.ParseExact(answer.Headers.GetValues("Lucid-Request-Id").Single(), "D")).ToArray();
        Assert.NotEqual(ids[0], ids[1]);
    }

    [Fact]
    public void Table_NumbersAndSentences_AreUniqueAndWhole()
    {
        Assert.Equal(ErrorTable.All.Count, ErrorTable.All.Select(kind => kind.Number).Distinct().Count());
        Assert.All(ErrorTable.All, kind =>
        {
            Assert.InRange(kind.Status, 400, 599);
            Assert.EndsWith(".", kind.Meaning, StringComparison.Ordinal);
            Assert.EndsWith(".", kind.Cure, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Table_Documentation_ListsExactlyTheSame()
    {
        var documented = File.ReadLines(Repository.File("docs/api.md")).Where(line => line.StartsWith("| 1", StringComparison.Ordinal) ||
            (line.Length > 6 && line[0] == '|' && char.IsAsciiDigit(line[2]) && line[7] == '|')).ToList();
        Assert.Equal(ErrorTable.All.Select(kind => $"| {kind.Number} | {kind.Status} | {kind.Meaning} | {kind.Cure} |"), documented);
    }
}
