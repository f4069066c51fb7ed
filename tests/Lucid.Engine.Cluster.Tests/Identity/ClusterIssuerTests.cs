using Lucid.Engine.Cluster.Tests.Sessions;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Engine.Cluster.Tests.Identity;

/// <summary>The issuer's grain as gateways call it: from outside the silos, as messages. What it decides is tested on the embedded engine.</summary>
[Collection(nameof(SessionCluster))]
public sealed class ClusterIssuerTests(SessionCluster cluster)
{
    [Fact]
    public async Task Issuer_TakesKeysAndRevocations_AndTellsThem()
    {
        var started = await cluster.StartedAsync();
        var issuer = started.Grains.Get<IIssuerGrain>(IIssuerGrain.Key);
        var now = started.Clock.GetUtcNow();
        var (x, y) = (new string('A', KeyThumbprint.Length), "AQ" + new string('A', KeyThumbprint.Length - 2));
        var key = new PublishedKey(KeyThumbprint.Of(x, y), x, y, "gateway-1", now.AddDays(30));
        var session = Revocation.OfSession(new Guid(1, 2, 3, new byte[8]), now.AddMinutes(15));
        var subject = Revocation.OfSubject("TXYZ", now, now.AddMinutes(15));
        var before = await issuer.NewsAsync(0);

        await issuer.PublishAsync(key);
        await issuer.RevokeAsync(session);
        await issuer.RevokeAsync(subject);

        var news = await issuer.NewsAsync(before.Number);
        Assert.Equal([session, subject], news.Revocations);
        Assert.NotEqual(before.KeysVersion, news.KeysVersion);
        var known = await issuer.KeysAsync();
        Assert.Equal(news.KeysVersion, known.Version);
        Assert.Equal([key], known.Keys);
        await Assert.ThrowsAsync<GrainInterfaces.Sessions.InvalidRequestException>(() => issuer.PublishAsync(key with { X = y }));
    }
}
