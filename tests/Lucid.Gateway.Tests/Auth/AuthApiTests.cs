using System.Net.Http.Json;
using Lucid.Evidence;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Auth;

public sealed class AuthApiTests
{
    private const string Ada = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB";

    [Theory]
    [InlineData("m/44'/195'/0'/0/0", true)]
    [InlineData("m/44'/195'/999999999'/1/999999999", true)]
    [InlineData("m/44'/195'/0'/0/0\n", false)]
    [InlineData("m/44'/195'/0'/0/\u0661", false)]
    [InlineData("m/44'/195'/\u0e51'/0/0", false)]
    [InlineData("m/44'/60'/0'/0/0", false)]
    [InlineData("m/44'/195'/0'/2/0", false)]
    [InlineData("m/44'/195'/0'/0/1000000000", false)]
    public async Task Path_OfAHardwareWallet_HasOneText(string path, bool isTaken)
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        using var answer = await host.Anyone.PostAsJsonAsync("/api/v1/auth/hardware-wallet/challenge", new { address = Ada, hardware_wallet = new { type = "ledger", path } });
        if (isTaken)
            await GatewayHost.JsonOf(answer, 200);
        else
            await GatewayHost.ErrorOf(answer, ErrorTable.BadFormat);
    }

    [Fact]
    public async Task Logout_WithAProgramsToken_IsRefused_AndSaysHowItIsTakenBack()
    {
        await using var engine = await GrainEngine.StartAsync();
        await using var host = await engine.GatewayAsync();
        var (token, text) = OpaqueToken.Make(OpaqueToken.Program, Ada, Guid.CreateVersion7());
        var (user, login) = (engine.Engine.Get<IUserGrain>(Ada), Guid.CreateVersion7());
        await user.AdmitAsync(Caller.Lucid, Role.User);
        await user.SignInAsync(new SignIn(login, Hash256.Of("secret"u8), Hash256.Of("family"u8), "proof", engine.Clock.GetUtcNow().AddMinutes(5), new LoginOrigin("a test", "127.0.0.1"), AllowsStrangers: false));
        await user.MakeTokenAsync(new Caller(Ada, Role.User) { Login = login }, new MakeProgramToken(token.Id, token.Secret, "camera", TimeSpan.FromDays(1), null));

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/logout");
        request.Headers.Authorization = new("Bearer", text);
        using var refused = await host.Anyone.SendAsync(request);
        Assert.Contains("DELETE /auth/tokens/{id}", (await GatewayHost.ErrorOf(refused, ErrorTable.InvalidRequest)).GetProperty("message").GetString(), StringComparison.Ordinal);
        await host.StopAsync();
        Assert.DoesNotContain(host.Node.Audit.Events, one => one.Action == "logout");
    }
}
