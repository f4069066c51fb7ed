using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.Engine.Embedded.Testing;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;
using Lucid.Grains.Identity;
using Lucid.Grains.Tests.Chain;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Grains.Tests.Identity;

/// <summary>Users on the embedded engine in virtual time.</summary>
internal sealed class IdentityWorld
{
    public const string Ada = "TAda";
    private readonly Simulation _simulation = new(1);
    private readonly MemoryGrainStore _store = new();
    private EmbeddedEngine _engine;
    private int _made;

    public IdentityWorld(IdentityOptions? options = null)
    {
        Options = options ?? new IdentityOptions();
        _engine = MakeEngine();
        Run(() => _engine.StartAsync());
    }

    public static Caller Super { get; } = new("TSuper", Role.SuperAdmin);
    public static Caller Admin { get; } = new("TAdmin", Role.Admin);
    public IdentityOptions Options { get; }
    public FakeUserDirectory Directory { get; } = new();
    public DateTimeOffset Now => _simulation.Clock.GetUtcNow();
    public IUserGrain User(string id = Ada) => _engine.Get<IUserGrain>(id);
    public IAttemptsGrain Attempts(string of) => _engine.Get<IAttemptsGrain>(of);

    public IIssuerGrain Issuer => _engine.Get<IIssuerGrain>(IIssuerGrain.Key);

    public IDoorGrain Door => _engine.Get<IDoorGrain>(IDoorGrain.Key);

    public IIdempotencyGrain Idempotency(string of) => _engine.Get<IIdempotencyGrain>(of);

    public static Caller As(string user, Role role = Role.User) => new(user, role);

    public static Hash256 Secret(string text) => Hash256.Of(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes of state that are stored for a grain.</summary>
    public async Task<int> StoredAsync(string kind, string key) => (await _store.ReadAsync(new GrainId(kind, key))).State?.Length ?? 0;

    public void Run(Func<Task> body) => _simulation.Run(body, TimeSpan.FromDays(400));

    public Task DelayAsync(TimeSpan time) => Task.Delay(time, _simulation.Clock);

    /// <summary>Everything leaves memory and comes back from what is stored.</summary>
    public async Task RestartAsync()
    {
        await _engine.StopAsync(CancellationToken.None);
        _engine = MakeEngine();
        await _engine.StartAsync();
    }

    public SignIn Proof(string? proof = null, bool strangers = true, string refresh = "first")
    {
        _made++;
        return new SignIn(new Guid(_made, 0, 0, new byte[8]), Secret(refresh), Secret("family"), proof ?? $"nonce {_made}", Now.AddMinutes(5), new LoginOrigin("a browser", "192.0.2.1"), strangers);
    }

    private EmbeddedEngine MakeEngine() => _simulation.Engine(_store, services: new ServiceCollection()
            .AddSingleton<IUserDirectory>(Directory).AddSingleton(Options).AddSingleton(new IssuerOptions()).AddSingleton<ICpuPool, InlineCpu>().BuildServiceProvider())
        .Host<IUserGrain, UserGrain>("user")
        .Host<IAttemptsGrain, AttemptsGrain>("attempts")
        .Host<IIdempotencyGrain, IdempotencyGrain>("idempotency")
        .Host<IIssuerGrain, IssuerGrain>("issuer")
        .Host<IDoorGrain, DoorGrain>("door");
}

internal sealed class FakeUserDirectory : IUserDirectory
{
    public Dictionary<string, UserView> Rows { get; } = [];

    /// <summary>Whether it fails, as for a grain that dies before it gets here.</summary>
    public bool IsAway { get; set; }

    public Task UpsertAsync(UserView user, CancellationToken cancellation)
    {
        if (IsAway)
            throw new InvalidOperationException("The list is away.");
        Rows[user.UserId] = user;
        return Task.CompletedTask;
    }

    public Task<UserListPage> ListAsync(UserListQuery query, CancellationToken cancellation) => Task.FromResult(new UserListPage([.. Rows.Values], Rows.Count));
}
