using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lucid.Engine.Embedded.Storage;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;
using Microsoft.AspNetCore.Builder;

namespace Lucid.Bench;

/// <summary>A whole node in this process, on a folder of its own and a free port of 127.0.0.1.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly WebApplication _node;

    /// <param name="around">What stands between its engine and its store.</param>
    public BenchNode(Func<IGrainStore, IGrainStore>? around = null)
    {
        _node = NodeHost.Build(new NodeOptions { Data = Folder, Urls = "http://127.0.0.1:0" }, around: around);
        Token = NodeFile.ReadOrMakeToken(new DataFolder(Folder));
    }

    public string Folder => Path.Combine(_folder.Path, "data");
    public string Token { get; }
    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public async Task StartAsync()
    {
        await _node.StartAsync();
        Http.BaseAddress = new Uri(_node.Urls.First());
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    /// <summary>Creates a session that waits for its recorder as long as the benchmark needs.</summary>
    public async Task<(Guid Session, long Lease)> CreateSessionAsync()
    {
        using var answer = await Http.PostAsJsonAsync("api/v1/sessions", new { name = "bench", idle_limit_seconds = 3600 });
        answer.EnsureSuccessStatusCode();
        var session = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (session.GetProperty("session_id").GetGuid(), session.GetProperty("lease").GetInt64());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _node.StopAsync();
        await _node.DisposeAsync();
        _folder.Dispose();
    }
}
