using System.Net.Http.Json;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;

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
}
