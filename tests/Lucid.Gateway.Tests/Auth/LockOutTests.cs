using System.Net.Http.Json;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Auth;

/// <summary>Whom the failures of an address lock out, over HTTP.</summary>
public sealed class LockOutTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";
    private const string Eve = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb";

    private static readonly GatewayOptions _options = GatewayHost.Options with { Limits = new LimitOptions { Login = 1000 } };

    [Fact]
    public async Task Failures_ThroughAProxyThatIsNotNamed_LockOutTheirAccountAlone()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync(options: _options);
        await FailAsync(host, 5, _ => (Eve, "203.0.113.7"));
        using var locked = await SignInAsync(host, Eve, "203.0.113.7");
        await GatewayHost.ErrorOf(locked, ErrorTable.LockedOut);
        using var other = await SignInAsync(host, Ada, "203.0.113.8");
        await GatewayHost.ErrorOf(other, ErrorTable.ChallengeMalformed);
    }

    [Fact]
    public async Task Failures_FromAllAddressesOfASubscriber_CountTogether()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync(options: _options with { Access = new AccessOptions { TrustedProxies = "127.0.0.1" } });
        await FailAsync(host, 5, i => (i % 2 == 0 ? Eve : "TNPeeaaFB7K9cmo4uQpcU32zGK8G1NYqeL", $"2001:db8:1:2::{i:x}"));
        using var locked = await SignInAsync(host, Ada, "2001:db8:1:2:ffff::1");
        await GatewayHost.ErrorOf(locked, ErrorTable.LockedOut);
        using var neighbour = await SignInAsync(host, Ada, "2001:db8:1:3::1");
        await GatewayHost.ErrorOf(neighbour, ErrorTable.ChallengeMalformed);
    }

    private static async Task FailAsync(GatewayHost host, int times, Func<int, (string Address, string From)> who)
    {
        for (var i = 0; i < times; i++)
        {
            using var answer = await SignInAsync(host, who(i).Address, who(i).From);
            await GatewayHost.ErrorOf(answer, ErrorTable.ChallengeMalformed);
        }
    }

    private static async Task<HttpResponseMessage> SignInAsync(GatewayHost host, string address, string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login") { Content = JsonContent.Create(new { address, message = "none", signature = "00" }) };
        request.Headers.Add("X-Forwarded-For", from);
        return await host.Anyone.SendAsync(request);
    }
}
