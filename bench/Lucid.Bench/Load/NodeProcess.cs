using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Lucid.Bench.Load;

/// <summary>A node as a process of its own, the one that `lucid up` runs, on a data directory that is not its own. Or a silo or a gateway, where its options say so.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly Task _output;
    private readonly IDisposable _cleanup;

    private NodeProcess(Process process, IDisposable cleanup, string data, Uri address, TimeSpan readyAfter)
    {
        (_process, _cleanup, Data, Address, ReadyAfter) = (process, cleanup, data, address, readyAfter);
        // Whatever else it says is read, so that it never waits for a reader.
        _output = process.StandardOutput.ReadToEndAsync();
        // A silo has one that only the others of its cluster are told.
        var token = Path.Combine(data, "token");
        Token = File.Exists(token) ? File.ReadAllText(token).Trim() : "";
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public string Data { get; }
    public Uri Address { get; }
    public TimeSpan ReadyAfter { get; }
    public string Token { get; }
    public HttpClient Http { get; }
    public int Id => _process.Id;

    /// <summary>Starts a node and waits for its ready line.</summary>
    /// <param name="environment">Options as LUCID__SECTION__NAME.</param>
    public static async Task<NodeProcess> StartAsync(string data, params (string Name, string Value)[] environment)
    {
        var silo = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Lucid.Silo", "release", "Lucid.Silo.dll"));
        if (!File.Exists(silo))
            throw new FileNotFoundException($"{silo} is not there; ./lucid bench builds it.");
        var start = new ProcessStartInfo("dotnet", [silo, "up", "--data", data, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        IDisposable? cleanup = null;
        try
        {
            cleanup = Cleanup.Register(() => Kill(process));
            using var patience = new CancellationTokenSource(_patience);
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (line.Split(" is ready on ") is [_, var rest])
                    return new NodeProcess(process, cleanup, data, new Uri(rest.Split(' ')[0]), Stopwatch.GetElapsedTime(started));
            }
            throw new InvalidOperationException("The node ended before it was ready; stderr above says why.");
        }
        catch
        {
            cleanup?.Dispose();
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>($"api/v1/{path}");

    /// <summary>What the process holds and has used, as the system and the node's own metrics tell it.</summary>
    public async Task<NodeUsage> UsageAsync() => NodeUsage.Read(Id, await Http.GetStringAsync("metrics"));

    /// <summary>Creates a session.</summary>
    public async Task<(Guid Id, long Lease)> CreateSessionAsync(int idleLimitSeconds = 60)
    {
        using var answer = await Http.PostAsJsonAsync("api/v1/sessions", new { name = "load", idle_limit_seconds = idleLimitSeconds });
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"A session was not created, {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        var session = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (session.GetProperty("session_id").GetGuid(), session.GetProperty("lease").GetInt64());
    }

    /// <summary>Stops a session that has no holes.</summary>
    public async Task StopSessionAsync(Guid session, long lease)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"api/v1/sessions/{session:D}/stop");
        request.Headers.Add("Lucid-Lease", lease.ToString(CultureInfo.InvariantCulture));
        using var answer = await Http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"Session {session} was not stopped, {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Waits until that many sessions have a state.</summary>
    public async Task UntilAsync(string status, int count, TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        while (await CountAsync(status) is var now && now < count)
        {
            if (Stopwatch.GetElapsedTime(since) > patience)
                throw new TimeoutException($"{now} of {count} sessions are {status} after {patience}; failed: {await CountAsync("failed")}.");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    public async Task<int> CountAsync(string status) =>
        (await GetAsync($"sessions?limit=1&status={status}")).GetProperty("pagination").GetProperty("total").GetInt32();

    /// <summary>Ends the node, by its id and without warning: its folder goes with it, and a kill is what it has to bear anyway.</summary>
    public async ValueTask DisposeAsync()
    {
        _cleanup.Dispose();
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    /// <summary>Does not wait: whoever has the process may let go of it meanwhile, and then nobody is told that it has ended.</summary>
    private static Task Kill(Process process)
    {
        process.Kill();
        return Task.CompletedTask;
    }
}
