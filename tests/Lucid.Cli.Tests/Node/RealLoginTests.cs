using System.Diagnostics;
using System.Text.Json;
using Lucid.Cli.Node;

namespace Lucid.Cli.Tests.Node;

/// <summary>People at a real node: the first administrator, those whom they admit, their programs and their auditors.</summary>
public sealed partial class RealLoginTests
{
    [Fact]
    public async Task People_SignIn_Record_Share_AndAreKeptOut()
    {
        using var node = new CliRun();
        await using var process = await UpAsync(node);
        using var admin = await PersonAsync(process.Url);
        using var owner = await PersonAsync(process.Url);
        using var auditor = await PersonAsync(process.Url);

        // The first is whoever has the line that the first start says, once.
        await admin.SucceedsAsync("login", "--wallet", admin.Wallet, "--bootstrap", process.Secret);
        Assert.Equal("super_admin", (await admin.JsonAsync("whoami", "--json")).GetProperty("role").GetString());
        await owner.IsRefusedAsync("That link was used", "login", "--wallet", owner.Wallet, "--bootstrap", process.Secret);

        // Nobody comes in whom nobody admitted.
        await owner.IsRefusedAsync($"Ask an administrator for: lucid users admit {owner.Address}", "login", "--wallet", owner.Wallet);
        await owner.IsRefusedAsync($"Nobody is signed in at {process.Url}; sign in with: lucid login --url {process.Url}", "sessions");
        foreach (var person in (Person[])[owner, auditor])
        {
            Assert.Equal("active", (await admin.JsonAsync("users", "admit", person.Address, "--json")).GetProperty("status").GetString());
            await person.SucceedsAsync("login", "--wallet", person.Wallet);
        }
        Assert.Equal(owner.Address, (await owner.JsonAsync("whoami", "--json")).GetProperty("user_id").GetString());
        await owner.IsRefusedAsync("That takes the permission ViewUsers", "users");

        var session = await RecordAsync(owner, node);
        await ShareAsync(owner, auditor, session);
        await ProgramAsync(owner, session);
        await OtherRoleAsync(admin, owner);
        await LoginsAsync(owner);
        await SuspendAsync(admin, owner);

        foreach (var person in (Person[])[admin, owner, auditor])
            person.SaidNoSecret(process.Secret);
    }

    private static async Task<string> RecordAsync(Person owner, CliRun node)
    {
        var bytes = "what only I may see"u8.ToArray();
        await owner.SucceedsAsync("record", owner.Cli.File("mine.txt", bytes), "--name", "mine");
        var mine = (await owner.JsonAsync("sessions", "--json"))[0];
        Assert.Equal((owner.Address, "anchored"), (mine.GetProperty("owner").GetString(), mine.GetProperty("status").GetString()));
        Assert.Equal(0, await owner.Cli.RunAsync("verify", owner.Cli.File("mine.txt.lucid"), "--validators", Assert.Single(Directory.GetFiles(node.File("trust")))));
        await owner.SucceedsAsync("play", owner.Cli.File("mine.txt.lucid"), "-o", owner.Cli.File("played"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(owner.Cli.File("played")));
        return mine.GetProperty("session_id").GetString()!;
    }

    private static async Task ShareAsync(Person owner, Person auditor, string session)
    {
        await auditor.IsRefusedAsync("There is no session", "show", session);
        var share = (await owner.JsonAsync("share", session, auditor.Address, "--until", "1h", "--json"))[0];
        Assert.Equal(auditor.Address, share.GetProperty("auditor").GetString());
        await auditor.SucceedsAsync("show", session);
        Assert.Equal(session, Assert.Single((await auditor.JsonAsync("sessions", "--shared", "--json")).EnumerateArray()).GetProperty("session_id").GetString());
        Assert.Equal(0, (await auditor.JsonAsync("sessions", "--json")).GetArrayLength());
        Assert.NotEqual(0, await auditor.RunAsync("export", session, "--key", auditor.Cli.File("key")));
        await auditor.IsRefusedAsync("", "share", session, auditor.Address, "--until", "2h");
        await owner.SucceedsAsync("unshare", session, auditor.Address);
        Assert.Equal(0, (await owner.JsonAsync("shares", session, "--json")).GetArrayLength());
        await auditor.IsRefusedAsync("There is no session", "show", session);
        Assert.Equal(0, (await auditor.JsonAsync("sessions", "--shared", "--json")).GetArrayLength());
    }

    private static async Task ProgramAsync(Person owner, string session)
    {
        var all = (await owner.JsonAsync("tokens", "make", "backup", "--for", "1", "--json")).GetProperty("token").GetString()!;
        var one = (await owner.JsonAsync("tokens", "make", "camera", "--session", session, "--json")).GetProperty("token").GetString()!;
        var listed = await owner.JsonAsync("tokens", "--json");
        Assert.Equal(["camera", "backup"], listed.EnumerateArray().Select(token => token.GetProperty("name").GetString()));

        using var program = new Person(owner.Url, new CliRun());
        program.Cli.Set("LUCID_TOKEN", one);
        await program.SucceedsAsync("show", session);
        await program.IsRefusedAsync("and does nothing else", "sessions");
        program.Cli.Set("LUCID_TOKEN", all);
        await program.SucceedsAsync("sessions");
        await owner.SucceedsAsync("tokens", "revoke", listed[1].GetProperty("token_id").GetString()!);
        await program.UntilRefusedAsync("does not accept the token in LUCID_TOKEN", "sessions");
        owner.SaidNoSecret(all, one);
        program.SaidNoSecret(all, one);
    }

    private static async Task OtherRoleAsync(Person admin, Person owner)
    {
        await admin.SucceedsAsync("users", "admit", owner.Address, "--role", "node_operator");
        // The access token of before says another role, and is renewed where it is refused.
        await owner.UntilAsync(async () => (await owner.JsonAsync("whoami", "--json")).GetProperty("role").GetString() == "node_operator");
    }

    private static async Task LoginsAsync(Person owner)
    {
        using var elsewhere = new Person(owner.Url, new CliRun());
        await elsewhere.SucceedsAsync("login", "--wallet", owner.Wallet);
        var logins = await owner.JsonAsync("logins", "--json");
        Assert.Equal(2, logins.GetArrayLength());
        Assert.StartsWith("lucid/", logins[0].GetProperty("client").GetString(), StringComparison.Ordinal);
        await owner.SucceedsAsync("logins");
        var other = (await elsewhere.JsonAsync("whoami", "--json")).GetProperty("login_id").GetString()!;
        await owner.SucceedsAsync("logins", "end", other);
        await elsewhere.UntilRefusedAsync($"Sign in again with: lucid login --url {owner.Url}", "whoami");
        await elsewhere.SucceedsAsync("login", "--wallet", owner.Wallet);
        await elsewhere.SucceedsAsync("logout", "--everywhere");
        await owner.UntilRefusedAsync($"Sign in again with: lucid login --url {owner.Url}", "whoami");
        await owner.SucceedsAsync("login", "--wallet", owner.Wallet);
    }

    private static async Task SuspendAsync(Person admin, Person owner)
    {
        await admin.SucceedsAsync("users", "suspend", owner.Address, "--reason", "The wallet was stolen.");
        await owner.UntilRefusedAsync("is suspended: The wallet was stolen.", "whoami");
        await owner.IsRefusedAsync("is suspended: The wallet was stolen.", "login", "--wallet", owner.Wallet);
        Assert.Equal(owner.Address, (await admin.JsonAsync("users", "list", "--status", "suspended", "--json"))[0].GetProperty("user_id").GetString());
        await admin.SucceedsAsync("users", "activate", owner.Address);
        await owner.IsRefusedAsync($"has ended", "whoami");
        // What they can do with it has to wait: for the skew of clocks after a suspension, no token made for them is believed.
        await owner.SucceedsAsync("login", "--wallet", owner.Wallet);
    }

    [Fact]
    public async Task OwnerOfTheDirectory_AdmitsTheFirstWithoutTheLink()
    {
        using var node = new CliRun();
        await using var process = await UpAsync(node);
        using var first = await PersonAsync(process.Url);

        Assert.True(await node.RunAsync("users", "admit", first.Address, "--role", "super_admin") == 0, node.Error.ToString());
        await first.SucceedsAsync("login", "--wallet", first.Wallet);

        // By the directory, but as whoever signed in: that is what is theirs.
        Assert.True(await node.RunAsync("login", "--wallet", first.Wallet) == 0, node.Error.ToString());
        Assert.True(await node.RunAsync("logins") == 0, node.Error.ToString());
        Assert.True(await node.RunAsync("logout") == 0, node.Error.ToString());
        Assert.Equal(1, await node.RunAsync("tokens"));
        Assert.Contains("sign in with a wallet", node.Error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<Person> PersonAsync(string url)
    {
        var person = new Person(url, new CliRun());
        Assert.Equal(0, await person.Cli.RunAsync("wallet", "new", person.Wallet));
        person.Address = person.Cli.Out.ToString().Trim();
        return person;
    }

    private static async Task<RunningNode> UpAsync(CliRun home)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in (string[])[SiloProgram.Find(_ => null)[^1], "up", "--data", home.Home, "--urls", "http://127.0.0.1:0", "--block-interval", "200"])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        const string before = "--bootstrap ";
        string? secret = null;
        while (secret is null)
        {
            var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The node ended before it said how the first administrator is chosen.");
            if (line.IndexOf(before, StringComparison.Ordinal) is var at and >= 0)
                secret = line[(at + before.Length)..].Split('`', ' ')[0];
        }
        while (new NodeFiles(home.Home).ReadNotice() is null)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        return new RunningNode(process, new NodeFiles(home.Home).ReadNotice()!.Url.TrimEnd('/'), secret);
    }

    private sealed class RunningNode(Process process, string url, string secret) : IAsyncDisposable
    {
        public string Url { get; } = url;
        public string Secret { get; } = secret;

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>Somebody with a home and a wallet of their own.</summary>
    private sealed class Person(string url, CliRun cli) : IDisposable
    {
        private static readonly TimeSpan _within = TimeSpan.FromSeconds(20);

        private readonly List<string> _told = [];

        public string Url { get; } = url;
        public CliRun Cli { get; } = cli;
        public string Wallet => Cli.File("w");
        public string Address { get; set; } = "";

        public Task<int> RunAsync(params string[] arguments) => Cli.RunAsync([.. arguments, "--url", Url]);

        public async Task SucceedsAsync(params string[] arguments)
        {
            var code = await RunAsync(arguments);
            Assert.True(code == 0, $"lucid {string.Join(' ', arguments)} ended with {code}:\n{Cli.Error}\n{Cli.Out}");
        }

        public async Task<JsonElement> JsonAsync(params string[] arguments)
        {
            Keep(Cli.Out.ToString());
            Cli.Out.GetStringBuilder().Clear();
            await SucceedsAsync(arguments);
            var json = Cli.Out.ToString();
            // Where a token is made it is told, and nowhere else.
            Cli.Out.GetStringBuilder().Clear();
            if (arguments is not ["tokens", "make", ..])
                Keep(json);
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }

        public async Task IsRefusedAsync(string said, params string[] arguments)
        {
            Keep(Cli.Error.ToString());
            Cli.Error.GetStringBuilder().Clear();
            Assert.Equal(1, await RunAsync(arguments));
            Assert.Contains(said, Cli.Error.ToString(), StringComparison.Ordinal);
        }

        /// <summary>What was revoked is refused within a second, which is not at once.</summary>
        public Task UntilRefusedAsync(string said, params string[] arguments) => UntilAsync(async () =>
        {
            Keep(Cli.Error.ToString());
            Cli.Error.GetStringBuilder().Clear();
            return await RunAsync(arguments) == 1 && Cli.Error.ToString().Contains(said, StringComparison.Ordinal);
        });

        public async Task UntilAsync(Func<Task<bool>> holds)
        {
            for (var began = TimeProvider.System.GetTimestamp(); !await holds();)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < _within, $"That did not come about within {_within}: {Cli.Error}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        /// <summary>Neither those nor what lies in the wallet and the logins.</summary>
        public void SaidNoSecret(params string[] others)
        {
            var said = string.Concat(_told) + Cli.Out + Cli.Error;
            var files = Directory.Exists(Cli.File("logins")) ? Directory.GetFiles(Cli.File("logins"), "*.json") : [];
            var tokens = files.Select(file => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement)
                .SelectMany(login => new[] { login.GetProperty("access_token").GetString()!, login.GetProperty("refresh_token").GetString()! });
            var keys = File.Exists(Wallet) ? [File.ReadAllText(Wallet).Split(' ')[1].Trim()] : Array.Empty<string>();
            Assert.All(tokens.Concat(keys).Concat(others), secret => Assert.DoesNotContain(secret, said, StringComparison.OrdinalIgnoreCase));
        }

        public void Dispose() => Cli.Dispose();

        private void Keep(string said) => _told.Add(said);
    }
}
