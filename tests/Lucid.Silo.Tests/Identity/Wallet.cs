using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Silo.Tests.Identity;

/// <summary>Somebody with a wallet, and a client that signs in with it.</summary>
internal sealed class Wallet : IDisposable
{
    private readonly Secp256k1PrivateKey _key = Secp256k1PrivateKey.Generate();

    public Wallet(Uri node)
    {
        Address = WalletAddress.Of(_key.PublicKey).ToString();
        // One with nothing of another's: neither connections nor tokens.
        Client = new HttpClient { BaseAddress = new Uri(node, "/api/v1/") };
    }

    public string Address { get; }
    public HttpClient Client { get; }
    public string? Refresh { get; private set; }

    /// <summary>A signature by the wallet over a text.</summary>
    public string Sign(string message) => _key.Sign(PersonalMessage.Digest(WalletSignature.Network, Encoding.ASCII.GetBytes(message))).ToString();

    public async Task<string> ChallengeAsync() =>
        (await JsonAsync(await Client.PostAsJsonAsync("auth/challenge", new { address = Address }))).GetProperty("message").GetString()!;

    public async Task<HttpResponseMessage> TrySignInAsync()
    {
        var message = await ChallengeAsync();
        return await Client.PostAsJsonAsync("auth/login", new { address = Address, message, signature = Sign(message) });
    }

    public async Task<JsonElement> SignInAsync() => Keep(await JsonAsync(await TrySignInAsync()));

    public async Task<JsonElement> RefreshAsync() => Keep(await JsonAsync(await Client.PostAsJsonAsync("auth/refresh", new { refresh_token = Refresh })));

    public void Dispose() => Client.Dispose();

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public static async Task RefusedAsync(HttpResponseMessage answer, HttpStatusCode status, int number)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == status && text.Contains($"LUCID_ERR_{number}", StringComparison.Ordinal), $"Expected {(int)status} with {number}, was {(int)answer.StatusCode}: {text}");
        }
    }

    private JsonElement Keep(JsonElement answer)
    {
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.GetProperty("access_token").GetString());
        Refresh = answer.GetProperty("refresh_token").GetString();
        return answer;
    }
}
