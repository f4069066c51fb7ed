using System.Net.Http.Json;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

namespace Lucid.Gateway.Tests.Sessions;

public sealed class SharingApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Theory]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB")]
    [InlineData("mail:ada@example.org")]
    public async Task Auditor_WhoCanBeAUser_IsTaken(string auditor)
    {
        using var answer = await ShareAsync(auditor);
        Assert.Contains((await GatewayHost.JsonOf(answer, 200)).GetProperty("shares").EnumerateArray(), share => share.GetProperty("auditor").GetString() == auditor);
    }

    [Theory]
    [InlineData("ada")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUb")]
    [InlineData("TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB\n")]
    [InlineData("ada@example.org")]
    [InlineData("mail:Ada@example.org")]
    [InlineData("\u0001")]
    public async Task Auditor_WhoCannot_IsRefused(string auditor)
    {
        using var answer = await ShareAsync(auditor);
        await GatewayHost.ErrorOf(answer, ErrorTable.BadFormat);
    }

    private async Task<HttpResponseMessage> ShareAsync(string auditor)
    {
        var id = await shared.Host.CreateSessionAsync();
        return await shared.Host.Client.PostAsJsonAsync($"/api/v1/sessions/{id}/shares", new { auditor, expires_at = "2099-01-01T00:00:00Z" });
    }
}
