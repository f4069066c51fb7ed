using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lucid.Grains.Identity;
using Lucid.Silo.Hosting;
using Lucid.Silo.Mail;
using Lucid.Silo.Tests.Identity;
using Lucid.Silo.Tests.Node;

namespace Lucid.Silo.Tests.OpenApi;

/// <summary>Who sends an example, and what of it stands for what is really there.</summary>
/// <param name="Instead">Each text of the example, and what is sent for it.</param>
/// <param name="Refusal">The error that is the right answer here; null where the example has to succeed.</param>
internal sealed record SentExample(HttpClient By, (string Example, string Real)[] Instead, string? Refusal = null);

/// <summary>A node on which everything is that the examples speak of.</summary>
internal sealed class ExampleWorld : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly Dictionary<string, Func<Task<SentExample>>> _rows;
    private readonly List<HttpClient> _mailboxes = [];

    private ExampleWorld(TempFolder folder, TestNode node, JsonNode document)
    {
        (_folder, Node, Document, Operations) = (folder, node, document, DocumentedOperation.AllOf(document));
        (Ada, Bob, Carol) = (new Wallet(node.Url), new Wallet(node.Url), new Wallet(node.Url));
        _rows = Rows();
    }

    public TestNode Node { get; }

    /// <summary>The one that the node serves.</summary>
    public JsonNode Document { get; }

    public IReadOnlyList<DocumentedOperation> Operations { get; }

    /// <summary>Super administrator, and whose things they are.</summary>
    public Wallet Ada { get; }

    /// <summary>The other one of the examples.</summary>
    private Wallet Bob { get; }

    /// <summary>Stands for Bob where that ends logins.</summary>
    public Wallet Carol { get; }

    /// <summary>A session of Ada's, with one chunk.</summary>
    public string Anchored { get; private set; } = "";

    public static async Task<ExampleWorld> StartAsync(TempFolder folder, Func<NodeOptions, NodeOptions>? change = null)
    {
        var node = await TestNode.StartAsync(folder, options => (change?.Invoke(options) ?? options) with
        {
            Mail = new MailOptions { Folder = Path.Combine(folder.Data.Root, "mails"), Sender = "lucid@example.org" },
            Limits = options.Limits with { Login = 10_000, Refresh = 10_000, CreateSession = 10_000 },
            // On a busy machine a second without news is nothing that these tests are about.
            Tokens = options.Tokens with { NewsWithin = TimeSpan.FromMinutes(1) },
        });
        var world = new ExampleWorld(folder, node, JsonNode.Parse(await node.Client.GetStringAsync("/openapi/v1.json"))!);
        foreach (var (wallet, role) in ((Wallet, string)[])[(world.Ada, "super_admin"), (world.Bob, "user"), (world.Carol, "user")])
        {
            await Wallet.JsonAsync(await node.Client.PostAsJsonAsync("users", new { address = wallet.Address, role }));
            await wallet.SignInAsync();
        }
        await Wallet.JsonAsync(await node.Client.PostAsJsonAsync("users", new { email = "bob@example.org", role = "admin" }));
        world.Anchored = await world.AnchoredAsync();
        return world;
    }

    /// <summary>Sees to it that what the operation's example needs is there.</summary>
    public async Task<SentExample> PrepareAsync(string operation)
    {
        var made = _rows.TryGetValue(operation, out var prepare) ? await prepare() : By(Ada);
        // What a row says counts more than what holds for all.
        return made with { Instead = [.. made.Instead, (Session, Anchored), (AdasAddress, Ada.Address), (BobsAddress, Bob.Address)] };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var wallet in (Wallet[])[Ada, Bob, Carol])
            wallet.Dispose();
        _mailboxes.ForEach(one => one.Dispose());
        await Node.DisposeAsync();
    }

    public string Session => Parameter("GET /api/v1/sessions/{id}", "id");
    public string Policy => Parameter("GET /api/v1/trust/policies/{id}", "id");
    public string AdasAddress => (string)Body("POST /api/v1/auth/bootstrap")["address"]!;
    public string BobsAddress => Parameter("GET /api/v1/users/{user}", "user");

    private Dictionary<string, Func<Task<SentExample>>> Rows() => new(StringComparer.Ordinal)
    {
        ["PUT /api/v1/sessions/{id}"] = OnRecordingAsync,
        ["DELETE /api/v1/sessions/{id}"] = async () => By(Ada, (Session, await AnchoredAsync())),
        ["POST /api/v1/sessions/{id}/resume"] = OnRecordingAsync,
        ["POST /api/v1/sessions/{id}/heartbeat"] = OnRecordingAsync,
        ["POST /api/v1/sessions/{id}/pause"] = OnRecordingAsync,
        ["POST /api/v1/sessions/{id}/stop"] = OnRecordingAsync,
        ["PUT /api/v1/sessions/{id}/chunks/{index}"] = OnRecordingAsync,
        ["POST /api/v1/sessions/{id}/approvals"] = () => Task.FromResult(By(Bob)),
        ["POST /api/v1/sessions/{id}/approvals/{number}/approve"] = OnAskedAsync,
        ["POST /api/v1/sessions/{id}/approvals/{number}/refuse"] = OnAskedAsync,
        ["GET /api/v1/trust/policies/{id}"] = () => OnPolicyAsync(isActive: true),
        ["PUT /api/v1/trust/policies/{id}"] = () => OnPolicyAsync(isActive: true),
        ["DELETE /api/v1/trust/policies/{id}"] = () => OnPolicyAsync(isActive: false),
        ["GET /api/v1/trust/policies/{id}/versions/{version}"] = () => OnPolicyAsync(isActive: true),
        ["GET /api/v1/trust/policies/{id}/versions/{version}/signed"] = () => OnPolicyAsync(isActive: true),
        ["POST /api/v1/trust/policies/{id}/versions/{version}/evaluate"] = () => OnPolicyAsync(isActive: true),
        ["POST /api/v1/trust/policies/{id}/activate"] = async () =>
        {
            var (id, statement) = await DraftAsync();
            return By(Ada, (Policy, id), (Text("POST /api/v1/trust/policies/{id}/activate", "signature"), Ada.Sign(statement)));
        },
        ["POST /api/v1/trust/policies/{id}/deactivate"] = () => OnPolicyAsync(isActive: true),
        ["POST /api/v1/trust/policies/{id}/revoke"] = () => OnPolicyAsync(isActive: true),
        ["POST /api/v1/auth/login"] = () => SignedAsync("POST /api/v1/auth/login"),
        ["POST /api/v1/auth/hardware-wallet/verify"] = () => SignedAsync("POST /api/v1/auth/hardware-wallet/verify"),
        ["POST /api/v1/auth/refresh"] = () => Task.FromResult(By(Bob, (Text("POST /api/v1/auth/refresh", "refresh_token"), Bob.Refresh!))),
        ["POST /api/v1/auth/bootstrap"] = () => Task.FromResult(By(Ada,
            (Text("POST /api/v1/auth/bootstrap", "secret"), Node.Said.Single(line => line.Contains("--bootstrap", StringComparison.Ordinal)).Split("--bootstrap ")[1].Split('`')[0]))),
        ["POST /api/v1/auth/logout"] = async () =>
        {
            await Carol.SignInAsync();
            return By(Carol);
        },
        ["DELETE /api/v1/auth/sessions/{login}"] = async () =>
            By(Carol, (Parameter("DELETE /api/v1/auth/sessions/{login}", "login"), (await Carol.SignInAsync()).GetProperty("login_id").GetString()!)),
        ["GET /api/v1/auth/hardware-wallet/status"] = () => Task.FromResult(By(Bob)),
        ["DELETE /api/v1/auth/tokens/{token}"] = async () =>
        {
            var made = await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync("auth/tokens", new { name = "one" }));
            return By(Ada, (Parameter("DELETE /api/v1/auth/tokens/{token}", "token"), made.GetProperty("made").GetProperty("token_id").GetString()!));
        },
        ["POST /api/v1/auth/mail/factor"] = async () => By(Ada, (Text("POST /api/v1/auth/mail/factor", "link"), await MailedAsync())),
        ["POST /api/v1/auth/mail/login"] = async () =>
        {
            var link = await MailedAsync();
            var secret = await EnrolAsync(link);
            return By(Ada, (Text("POST /api/v1/auth/mail/login", "link"), link),
                (Text("POST /api/v1/auth/mail/login", "code"), Totp.CodeAt(secret, Totp.StepAt(TimeProvider.System.GetUtcNow()))));
        },
        ["POST /api/v1/auth/mail/recovery-codes"] = OnAuthenticatorAsync,
        ["POST /api/v1/users/{user}/suspend"] = () => Task.FromResult(By(Ada, (BobsAddress, Carol.Address))),
        ["POST /api/v1/users/{user}/activate"] = () => Task.FromResult(By(Ada, (BobsAddress, Carol.Address))),
        ["DELETE /api/v1/users/{user}/logins"] = () => Task.FromResult(By(Ada, (BobsAddress, Carol.Address))),
        ["GET /api/v1/audit/events/{index}"] = AnchoredAuditAsync,
        ["GET /api/v1/audit/checkpoint"] = AnchoredAuditAsync,
        ["GET /api/v1/audit/export"] = AnchoredAuditAsync,
        ["GET /api/v1/blocks/{id}"] = async () => By(Ada, (Parameter("GET /api/v1/blocks/{id}", "id"), await TextAsync("blocks/latest", "block_id"))),
        ["POST /api/v1/anchoring/verify"] = async () => By(Ada, (Text("POST /api/v1/anchoring/verify", "merkle_root"), await TextAsync($"sessions/{Anchored}", "merkle_root"))),
        // A node alone is no cluster.
        ["GET /api/v1/cluster/status"] = () => Task.FromResult(By(Ada) with { Refusal = "LUCID_ERR_4001" }),
    };

    private static SentExample By(Wallet wallet, params (string, string)[] instead) => new(wallet.Client, instead);

    private DocumentedOperation Operation(string name) => Operations.Single(one => one.Name == name);
    private string Parameter(string name, string parameter) => Operation(name).ParameterExample(parameter);
    private JsonNode Body(string name) => Operation(name).Body!;
    private string Text(string name, string member) => (string)Body(name)[member]!;

    private async Task<string> TextAsync(string path, string member) => (await Wallet.JsonAsync(await Ada.Client.GetAsync(path))).GetProperty(member).GetString()!;

    /// <summary>A session with one chunk, under a policy that lets Bob see it, and play it where he is allowed to.</summary>
    private async Task<string> RecordingAsync()
    {
        var (policy, statement) = await DraftAsync();
        await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync($"trust/policies/{policy}/activate", new { signature = Ada.Sign(statement) }));
        var id = (await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync("sessions", new { name = "A morning at the desk", policy_id = policy }))).GetProperty("session_id").GetString()!;
        using var put = new HttpRequestMessage(HttpMethod.Put, $"sessions/{id}/chunks/0") { Content = new StringContent("hello, "), Headers = { { "Lucid-Lease", "1" } } };
        (await Ada.Client.SendAsync(put)).EnsureSuccessStatusCode();
        return id;
    }

    private async Task<string> AnchoredAsync()
    {
        var id = await RecordingAsync();
        using var stop = new HttpRequestMessage(HttpMethod.Post, $"sessions/{id}/stop") { Headers = { { "Lucid-Lease", "1" } } };
        await Wallet.JsonAsync(await Ada.Client.SendAsync(stop));
        await Node.UntilAsync(Guid.Parse(id), "anchored");
        return id;
    }

    private async Task<SentExample> OnRecordingAsync() => By(Ada, (Session, await RecordingAsync()));

    private async Task<SentExample> OnAskedAsync()
    {
        var id = await RecordingAsync();
        await Wallet.JsonAsync(await Bob.Client.PostAsJsonAsync($"sessions/{id}/approvals", new { right = "play", reason = "a look" }));
        return By(Ada, (Session, id));
    }

    private async Task<(string Id, string Statement)> DraftAsync()
    {
        using var body = new StringContent(Body("POST /api/v1/trust/policies").ToJsonString().Replace(BobsAddress, Bob.Address, StringComparison.Ordinal), Encoding.UTF8, "application/json");
        var draft = await Wallet.JsonAsync(await Ada.Client.PostAsync("trust/policies", body));
        return (draft.GetProperty("policy_id").GetString()!, draft.GetProperty("statement").GetString()!);
    }

    private async Task<SentExample> OnPolicyAsync(bool isActive)
    {
        var (id, statement) = await DraftAsync();
        if (isActive)
            await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync($"trust/policies/{id}/activate", new { signature = Ada.Sign(statement) }));
        return By(Ada, (Policy, id));
    }

    private async Task<SentExample> SignedAsync(string operation)
    {
        var message = await Bob.ChallengeAsync();
        return By(Bob, (Text(operation, "message"), message), (Text(operation, "signature"), Bob.Sign(message)));
    }

    private async Task<SentExample> AnchoredAuditAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        JsonElement checkpoint;
        while ((checkpoint = await Wallet.JsonAsync(await Ada.Client.GetAsync("audit/checkpoint"))).GetProperty("anchored_size").GetInt64() == 0)
        {
            Assert.False(limit.IsCancellationRequested, $"Waiting for the audit log to be anchored, it is {checkpoint.GetRawText()}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
        return By(Ada);
    }

    /// <summary>Somebody without a wallet who has just signed in, and the next code of their authenticator.</summary>
    private async Task<SentExample> OnAuthenticatorAsync()
    {
        var email = $"dave{_mailboxes.Count}@example.org";
        await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync("users", new { email }));
        var link = await MailedAsync(email);
        var secret = await EnrolAsync(link);
        var step = Totp.StepAt(TimeProvider.System.GetUtcNow());
        var answer = await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync("auth/mail/login", new { link, code = Totp.CodeAt(secret, step) }));
        var dave = new HttpClient { BaseAddress = Ada.Client.BaseAddress };
        dave.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.GetProperty("login").GetProperty("access_token").GetString());
        _mailboxes.Add(dave);
        return new SentExample(dave, [(Text("POST /api/v1/auth/mail/recovery-codes", "code"), Totp.CodeAt(secret, step + 1))]);
    }

    /// <summary>Sets the authenticator up for whoever has the link.</summary>
    private async Task<byte[]> EnrolAsync(string link)
    {
        var secret = (await Wallet.JsonAsync(await Ada.Client.PostAsJsonAsync("auth/mail/factor", new { link }))).GetProperty("secret").GetString()!;
        Assert.True(Base32.TryDecode(secret, out var bytes));
        return bytes;
    }

    /// <summary>The link of the next mail.</summary>
    private async Task<string> MailedAsync(string email = "bob@example.org")
    {
        var mails = Path.Combine(_folder.Data.Root, "mails");
        var before = Directory.GetFiles(mails, "*.eml").ToHashSet(StringComparer.Ordinal);
        (await Ada.Client.PostAsJsonAsync("auth/mail", new { email })).EnsureSuccessStatusCode();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        string? mail;
        while ((mail = Directory.GetFiles(mails, "*.eml").FirstOrDefault(one => !before.Contains(one))) is null)
        {
            Assert.False(limit.IsCancellationRequested, "Waiting for a mail, none has come.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
        var text = await File.ReadAllTextAsync(mail);
        return text[text.IndexOf("lml_", StringComparison.Ordinal)..].Split('\r')[0];
    }
}
