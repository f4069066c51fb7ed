using System.Net;
using System.Net.Http.Json;
using Lucid.Grains.Identity;

namespace Lucid.Silo.Tests.Mail;

/// <summary>Where a node under test writes its mail, and what somebody does with what comes.</summary>
internal sealed class TestMailbox(string path)
{
    /// <summary>What an authenticator with that secret shows now.</summary>
    public static string CodeOf(string secret) =>
        Base32.TryDecode(secret, out var bytes) ? Totp.CodeAt(bytes, Totp.StepAt(TimeProvider.System.GetUtcNow())) : throw new FormatException(secret);

    /// <summary>Asks for a link, and reads it from the mail.</summary>
    public async Task<string> LinkAsync(HttpClient client, string email)
    {
        var before = Directory.GetFiles(path, "*.eml").Length;
        using (var asked = await client.PostAsJsonAsync("auth/mail", new { email }))
            Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var text = await File.ReadAllTextAsync((await WaitAsync(before + 1))[^1]);
        Assert.Contains($"lucid login --url {client.BaseAddress!.GetLeftPart(UriPartial.Authority)} --link lml_", text, StringComparison.Ordinal);
        return text[text.IndexOf("lml_", StringComparison.Ordinal)..].Split('\r')[0];
    }

    /// <summary>All mails, once there are that many.</summary>
    public async Task<string[]> WaitAsync(int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var mails = Directory.GetFiles(path, "*.eml");
            if (mails.Length >= count)
                return [.. mails.Order(StringComparer.Ordinal)];
            Assert.False(limit.IsCancellationRequested, $"Waiting for mail {count}, there are {mails.Length}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
