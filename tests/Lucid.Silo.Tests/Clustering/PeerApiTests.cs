using System.Net.Http.Headers;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Silo.Clustering;

namespace Lucid.Silo.Tests.Clustering;

public sealed class PeerApiTests
{
    private readonly Guid _session = Guid.CreateVersion7();
    private readonly SessionKey _key = SessionKey.Generate();
    private readonly Hash256 _salt = Hash256.Of("salt"u8);

    [Fact]
    public async Task Key_IsAccepted_Durably_AndTheSameAgain()
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        for (var times = 0; times < 2; times++)
            Assert.Equal(204, (await PutAsync(cluster[1], PeerApi.Encode(_key, _salt))).Status);
        Assert.Equal((_key.Commitment(_session), _salt), cluster[1].Stored(_session));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(100_000)]
    public async Task Key_OfAnotherLength_IsRefused_AndNothingIsStored(int length)
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        var (status, envelope) = await PutAsync(cluster[1], new byte[length]);
        Assert.Equal((400, "LUCID_ERR_1001"), (status, Code(envelope)));
        Assert.Null(cluster[1].Stored(_session));
    }

    [Fact]
    public async Task Key_OtherThanTheOneThatIsHere_IsRefused_AndNotQuoted()
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        await PutAsync(cluster[1], PeerApi.Encode(_key, _salt));
        using var other = SessionKey.Generate();
        foreach (var body in (byte[][])[PeerApi.Encode(other, _salt), PeerApi.Encode(_key, Hash256.Of("another"u8))])
        {
            var (status, envelope) = await PutAsync(cluster[1], body);
            Assert.Equal((500, "LUCID_ERR_4109"), (status, Code(envelope)));
            Assert.DoesNotContain(Convert.ToHexStringLower(body.AsSpan(0, 8)), envelope, StringComparison.OrdinalIgnoreCase);
        }
        Assert.Equal((_key.Commitment(_session), _salt), cluster[1].Stored(_session));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Silo_AnswersNobodyWithoutItsToken(string? token)
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        Assert.Equal(401, (await PutAsync(cluster[1], PeerApi.Encode(_key, _salt), token: token)).Status);
        Assert.Equal(401, (await SendAsync(cluster[1], HttpMethod.Get, PeerApi.Figures, null, token)).Status);
        Assert.Null(cluster[1].Stored(_session));
    }

    [Fact]
    public async Task Key_OfWhatIsNoSession_IsNotFound()
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        Assert.Equal(404, (await SendAsync(cluster[1], HttpMethod.Put, "/cluster/keys/none", new byte[64], cluster[1].Endpoint.Token)).Status);
    }

    [Fact]
    public async Task Figures_AreTold()
    {
        await using var cluster = await PeerCluster.StartAsync(1);
        Assert.Equal((200, """{"streamLagMs":null}"""), await SendAsync(cluster[1], HttpMethod.Get, PeerApi.Figures, null, cluster[1].Endpoint.Token));
        cluster[1].Streams.Worst = TimeSpan.FromMilliseconds(12.5);
        Assert.Equal((200, """{"streamLagMs":12.5}"""), await SendAsync(cluster[1], HttpMethod.Get, PeerApi.Figures, null, cluster[1].Endpoint.Token));
    }

    private Task<(int Status, string Body)> PutAsync(PeerSilo silo, byte[] body) => PutAsync(silo, body, silo.Endpoint.Token);

    private Task<(int Status, string Body)> PutAsync(PeerSilo silo, byte[] body, string? token) => SendAsync(silo, HttpMethod.Put, PeerApi.KeyOf(_session), body, token);

    private static async Task<(int Status, string Body)> SendAsync(PeerSilo silo, HttpMethod method, string path, byte[]? body, string? token)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, silo.Endpoint.Address.Url + path) { Content = body is null ? null : new ByteArrayContent(body) };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string? Code(string envelope) => JsonDocument.Parse(envelope).RootElement.GetProperty("error").GetProperty("code").GetString();
}
