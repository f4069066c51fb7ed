using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Lucid.Cli.Node;
using Lucid.Cli.Tests.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lucid.Cli.Tests.Logins;

/// <summary>The door of a node that lets in whoever shows its newest access token, and exchanges each refresh token once.</summary>
internal sealed class FakeDoor : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly List<string> _seen = [];
    private readonly List<JsonElement> _signed = [];
    private int _pairs;

    private FakeDoor(WebApplication app, TimeProvider clock) => (_app, _clock) = (app, clock);

    public Uri Url { get; private set; } = null!;

    /// <summary>What stands in its challenges; null for the host and port that it has.</summary>
    public string? Domain { get; set; }

    /// <summary>What it asks to be signed instead of a challenge.</summary>
    public string? Instead { get; set; }

    /// <summary>Whether its user has an authenticator already.</summary>
    public bool HasFactor { get; set; }

    /// <summary>Whether it sends whoever lists users elsewhere.</summary>
    public bool HasMoved { get; set; }

    public long ExpiresIn { get; set; } = 900;

    /// <summary>Whether it lets the newest access token in; else it says that it has expired.</summary>
    public bool Believes { get; set; } = true;

    /// <summary>What it says where a refresh token is exchanged; null exchanges it.</summary>
    public (string Code, string Message)? RefusesToRenew { get; set; }

    /// <summary>Called while a refresh token is exchanged.</summary>
    public Func<Task>? WhileRenewing { get; set; }

    /// <summary>Called where a request is let in, with the token that it showed.</summary>
    public Action<string>? LetIn { get; set; }

    public int Renewed { get; private set; }

    /// <summary>What was shown, in order; an empty text for nothing.</summary>
    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_lock)
                return [.. _seen];
        }
    }

    /// <summary>The logins that came.</summary>
    public IReadOnlyList<JsonElement> Signed => _signed;

    public string Access => $"access-{_pairs}-of-the-fake-door";
    public string Refresh => $"refresh-{_pairs}-of-the-fake-door";

    public static async Task<FakeDoor> StartAsync(TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var door = new FakeDoor(app, clock ?? TimeProvider.System);
        door.Map();
        await app.StartAsync();
        door.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return door;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map()
    {
        _app.MapGet("/health/live", () => "ok");
        _app.MapPost("/api/v1/auth/challenge", async (HttpContext context) =>
        {
            Note(context);
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            var expires = _clock.GetUtcNow().AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            var message = $"{Domain ?? Url.Authority} login\n{body.RootElement.GetProperty("address").GetString()}\nNonce: AAECAwQFBgcICQoLDA0ODw\nExpires: {expires}";
            await AnswerAsync(context, new { message = Instead ?? message });
        });
        _app.MapPost("/api/v1/auth/login", async (HttpContext context) =>
        {
            Note(context);
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            _signed.Add(body.RootElement.Clone());
            await AnswerAsync(context, Next(body.RootElement.GetProperty("address").GetString()!));
        });
        _app.MapPost("/api/v1/auth/mail", (HttpContext context) => AnswerAsync(context, new { status = "sent_if_known" }));
        _app.MapPost("/api/v1/auth/mail/factor", (HttpContext context) => HasFactor
            ? FakeNode.RefuseAsync(context, HttpStatusCode.Conflict, "LUCID_ERR_2026", "There is an authenticator already.")
            : AnswerAsync(context, new FactorOffer("SECRET32", "otpauth://totp/x")));
        _app.MapPost("/api/v1/auth/mail/login", async (HttpContext context) =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            _signed.Add(body.RootElement.Clone());
            await AnswerAsync(context, new MailLoginAnswer(Next("mail:ada@example.org"), HasFactor ? [] : ["AAAAA-BBBBB"], HasFactor ? 1 : 10));
        });
        _app.MapPost("/api/v1/auth/bootstrap", () => Results.Text("""{"user_id":"T","role":"super_admin","status":"active","created_at":"2030-01-01T00:00:00Z"}""", "application/json"));
        _app.MapPost("/api/v1/auth/refresh", RenewAsync);
        _app.MapGet("/api/v1/auth/status", (HttpContext context) =>
            OwnAsync(context, () => AnswerAsync(context, new AuthStatus("T", "user", Guid.Empty, ImmutableArray<string>.Empty, RecoveryCodesLeft: 7))));
        _app.MapPost("/api/v1/auth/mail/recovery-codes", (HttpContext context) => OwnAsync(context, async () =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            _signed.Add(body.RootElement.Clone());
            await AnswerAsync(context, new RecoveryCodeList(["CCCCC-DDDDD", "EEEEE-FFFFF"]));
        }));
        _app.MapGet("/api/v1/auth/sessions", (HttpContext context) => OwnAsync(context, () => AnswerAsync(context, new LoginList(
        [
            new LoginView(Guid.Empty, "lucid", "192.0.2.1", _clock.GetUtcNow(), _clock.GetUtcNow(), _clock.GetUtcNow(), "lucid", "198.51.100.7"),
            new LoginView(Guid.AllBitsSet, "a browser", "192.0.2.1", _clock.GetUtcNow(), _clock.GetUtcNow(), _clock.GetUtcNow(), "curl", "192.0.2.1"),
        ]))));
        _app.MapGet("/api/v1/users", (HttpContext context) => OwnAsync(context, () =>
        {
            if (!HasMoved)
                return AnswerAsync(context, new UserPage([], new Pagination(1, 100, 0, 0)));
            context.Response.Redirect("https://elsewhere.example/");
            return Task.CompletedTask;
        }));
        _app.MapPost("/api/v1/auth/logout", (HttpContext context) => OwnAsync(context, () =>
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        }));
    }

    private async Task RenewAsync(HttpContext context)
    {
        Note(context);
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        if (WhileRenewing is { } wait)
            await wait();
        if (RefusesToRenew is { } refusal)
            await FakeNode.RefuseAsync(context, HttpStatusCode.Unauthorized, refusal.Code, refusal.Message);
        else if (body.RootElement.GetProperty("refresh_token").GetString() != Refresh)
            await FakeNode.RefuseAsync(context, HttpStatusCode.Unauthorized, "LUCID_ERR_2010", "It was exchanged before.");
        else
        {
            Renewed++;
            await AnswerAsync(context, Next("T"));
        }
    }

    private Task OwnAsync(HttpContext context, Func<Task> answer)
    {
        var token = Note(context);
        if (!Believes || token != Access)
            return FakeNode.RefuseAsync(context, HttpStatusCode.Unauthorized, "LUCID_ERR_2002", "The token has expired.");
        LetIn?.Invoke(token);
        return answer();
    }

    private LoginAnswer Next(string user)
    {
        _pairs++;
        return new LoginAnswer(Access, ExpiresIn, Refresh, _clock.GetUtcNow().AddDays(30), user, "user", Guid.Empty);
    }

    private string Note(HttpContext context)
    {
        var token = context.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        lock (_lock)
            _seen.Add(token);
        return token;
    }

    private static Task AnswerAsync<T>(HttpContext context, T answer) => context.Response.WriteAsJsonAsync(answer, NodeJson.Options);
}
