using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Clustering;
using Microsoft.AspNetCore.Http;

namespace Lucid.Silo.Tests.Clustering;

public sealed class PeersTests
{
    private readonly Guid _session = Guid.CreateVersion7();
    private readonly SessionKey _key = SessionKey.Generate();
    private readonly Hash256 _salt = Hash256.Of("salt"u8);

    [Fact]
    public async Task Key_GoesToTheNextTwo_Durably_AndAgainToTheSame()
    {
        await using var cluster = await PeerCluster.StartAsync(4);
        for (var times = 0; times < 2; times++)
            Assert.Equal(["silo-1", "silo-4"], (await HandAsync(cluster[3])).Order());
        Assert.Equal(
            [(_key.Commitment(_session), _salt), null, null, (_key.Commitment(_session), _salt)],
            Enumerable.Range(1, 4).Select(number => cluster[number].Stored(_session)));
    }

    [Fact]
    public async Task Heirs_AreSpreadOverAll()
    {
        await using var cluster = await PeerCluster.StartAsync(4);
        var heirs = new List<string>();
        for (var number = 1; number <= 4; number++)
            heirs.AddRange(await HandAsync(cluster[number]));
        Assert.All(heirs.GroupBy(name => name), heir => Assert.Equal(2, heir.Count()));
    }

    [Theory]
    [InlineData("dead")]
    [InlineData("in no cluster")]
    [InlineData("never was there")]
    [InlineData("refuses")]
    public async Task Heir_ThatIsAway_IsReplacedByTheNext(string how)
    {
        await using var cluster = await PeerCluster.StartAsync(4);
        switch (how)
        {
            case "dead":
                await cluster[4].DieAsync();
                break;
            case "in no cluster":
                cluster.Grains.Away["silo-4"] = true;
                break;
            case "never was there":
                cluster.Grains.Addresses.TryRemove("silo-4", out _);
                break;
            default:
                cluster[4].Answer = context =>
                {
                    context.Response.StatusCode = 507;
                    return Task.CompletedTask;
                };
                break;
        }
        Assert.Equal(["silo-1", "silo-2"], (await HandAsync(cluster[3])).Order());
        Assert.Null(cluster[4].Stored(_session));
        Assert.Contains(cluster[3].Log.Lines, line => line.Text.Contains("silo-4", StringComparison.Ordinal) && line.Text.Contains($"{_session}", StringComparison.Ordinal));
        Assert.DoesNotContain(cluster[3].Log.Lines, line => line.Text.Contains(cluster[4].Endpoint.Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Heir_ThatNeverAnswers_IsWaitedForFiveSeconds_AndMayHaveTheKey()
    {
        var clock = new ManualClock();
        await using var cluster = await PeerCluster.StartAsync(2, clock);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster[2].Answer = async context =>
        {
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var handing = HandAsync(cluster[1]);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await clock.WaitedForAsync(TimeSpan.FromSeconds(5));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["silo-2"], await handing.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Heir_WhoseAnswerIsLost_IsReplaced_AndNamedLast_SoThatErasingReachesIt()
    {
        await using var cluster = await PeerCluster.StartAsync(4);
        cluster[4].Answer = async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            cluster[4].Keys.Accept(_session, _key, _salt);
            context.Abort();
        };
        Assert.Equal(["silo-1", "silo-2", "silo-4"], await HandAsync(cluster[3]));
    }

    [Fact]
    public async Task Silo_Alone_HasNoHeirs()
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        cluster.Members = ["silo-1"];
        Assert.Empty(await HandAsync(cluster[1]));
        // One that the list does not have yet still has others.
        cluster.Members = ["silo-2"];
        Assert.Equal(["silo-2"], await HandAsync(cluster[1]));
        cluster.Members = [];
        Assert.Empty(await HandAsync(cluster[1]));
    }

    [Fact]
    public async Task Heir_WithAnotherKeyOfThatSession_IsNone_AndKeepsItsOwn()
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        using var other = SessionKey.Generate();
        cluster[2].Keys.Accept(_session, other, _salt);
        Assert.Empty(await HandAsync(cluster[1]));
        Assert.Equal((other.Commitment(_session), _salt), cluster[2].Stored(_session));
    }

    [Fact]
    public async Task Ciphertext_IsFetchedFromItsRecorder()
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        cluster[2].Answer = context => context.Response.WriteAsync("ciphertext");
        Assert.Equal("ciphertext"u8.ToArray(), await ReadAsync(cluster[1], length: 10));
        Assert.Equal($"GET /api/v1/sessions/{_session:D}/chunks/7 Bearer {cluster[2].Endpoint.Token}", Assert.Single(cluster[2].Seen));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task Chunk_DamagedOrMissingThere_IsDamaged_InThatRecordersWords(int status)
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        cluster[2].Answer = async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync("""{"error":{"code":"LUCID_ERR_4108","message":"chunks/7 is missing."}}""");
        };
        Assert.Equal("At recorder silo-2: chunks/7 is missing.", (await Assert.ThrowsAsync<ChunkDamagedException>(() => ReadAsync(cluster[1]))).Message);
        // Only what that recorder says of the chunk counts as damage: whatever else goes wrong there may be over in a moment.
        foreach (var answer in (string[])["[1]", """{"error":{"code":"LUCID_ERR_5001","message":"Something failed."}}"""])
        {
            cluster[2].Answer = async context =>
            {
                context.Response.StatusCode = status;
                await context.Response.WriteAsync(answer);
            };
            await Assert.ThrowsAsync<GrainUnreachableException>(() => ReadAsync(cluster[1]));
        }
    }

    [Theory]
    [InlineData("it is dead")]
    [InlineData("it is in no cluster")]
    [InlineData("it answers 503")]
    [InlineData("it knows another token")]
    [InlineData("it dies before it answers")]
    [InlineData("it dies within its answer")]
    [InlineData("it answers less")]
    public async Task Recorder_Away_IsUnreachable(string how)
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        cluster[2].Answer = context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        switch (how)
        {
            case "it is dead":
                await cluster[2].DieAsync();
                break;
            case "it is in no cluster":
                cluster.Grains.Away["silo-2"] = true;
                break;
            case "it knows another token":
                cluster[2].Answer = null;
                cluster.Grains.Addresses["silo-2"] = cluster[2].Endpoint.Address with { Token = new string('x', 64) };
                break;
            case "it dies before it answers":
                cluster[2].Answer = context =>
                {
                    context.Abort();
                    return Task.CompletedTask;
                };
                break;
            case "it dies within its answer":
                cluster[2].Answer = async context =>
                {
                    context.Response.ContentLength = 1000;
                    await context.Response.Body.WriteAsync(new byte[10]);
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                };
                break;
            case "it answers less":
                cluster[2].Answer = context => context.Response.WriteAsync("short");
                break;
        }
        var away = await Assert.ThrowsAsync<GrainUnreachableException>(() => ReadAsync(cluster[1]));
        Assert.StartsWith("recorder/silo-2 could not be reached", away.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reader_WhoLeaves_IsNotToldThatTheRecorderIsAway()
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        using var leave = new CancellationTokenSource();
        cluster[2].Answer = async context =>
        {
            await leave.CancelAsync();
            await context.Response.WriteAsync("too late");
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReadAsync(cluster[1], cancellation: leave.Token));
    }

    [Fact]
    public async Task Recorder_ThatCameBackElsewhere_IsFoundAgain()
    {
        await using var cluster = await PeerCluster.StartAsync(2);
        cluster[2].Answer = context => context.Response.WriteAsync("ciphertext");
        await ReadAsync(cluster[1], length: 10);
        await cluster[2].DieAsync();
        await Assert.ThrowsAsync<GrainUnreachableException>(() => ReadAsync(cluster[1], length: 10));
        await cluster[2].ListenAsync();
        Assert.Equal("ciphertext"u8.ToArray(), await ReadAsync(cluster[1], length: 10));
    }

    [Fact]
    public async Task Address_IsTold_OnceTheWebServerListens()
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        Assert.DoesNotMatch("/$", cluster[1].Peers.Address!.Url);
        Assert.Equal(64, cluster[1].Peers.Address!.Token.Length);
        var starting = new RecorderEndpoint("silo-2");
        Assert.Contains("it is starting", Assert.Throws<GrainUnreachableException>(() => starting.Address).Message, StringComparison.Ordinal);
        Assert.NotEqual(starting.Token, new RecorderEndpoint("silo-2").Token);
    }

    private async Task<string[]> HandAsync(PeerSilo silo) => [.. await silo.Peers.HandKeyAsync(_session, _key, _salt)];

    private async Task<byte[]> ReadAsync(PeerSilo silo, int length = 500, CancellationToken cancellation = default)
    {
        var destination = new byte[length];
        var leaf = new ChunkLeaf(_session, 7, 0, 0, 1000, "none", length, length, Hash256.Zero);
        await silo.Peers.ReadCiphertextAsync("silo-2", leaf, destination, cancellation);
        return destination;
    }
}
