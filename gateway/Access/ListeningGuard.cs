using System.Net;
using Lucid.Gateway.Auth;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace Lucid.Gateway.Access;

/// <summary>
/// Refuses to start on an address that other machines can reach, unless they have to speak TLS there, and where nobody could sign in: else each
/// who tried would find a fault of ours.
/// </summary>
/// <param name="place">Null where only processes of the cluster call: nobody signs in there.</param>
internal sealed class ListeningGuard(IServer server, GatewayOptions options, LoginPlace? place = null) : IHostedLifecycleService
{
    /// <exception cref="InvalidOperationException">An address is not this machine's alone, or none can stand in what a wallet signs. All that is wrong is named.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // Where the cluster's certificate is asked for, nobody else comes.
        List<string> problems = options.IsMutualTls ? [] : [.. new[] { FindOpen(), place?.FindProblem() }.OfType<string>()];
        return problems.Count == 0 ? Task.CompletedTask : Task.FromException(new InvalidOperationException(string.Join(' ', problems)));
    }

    internal static bool IsLoopback(string address)
    {
        var host = Microsoft.AspNetCore.Http.BindingAddress.Parse(address).Host.Trim('[', ']');
        return address.Contains("://unix:", StringComparison.Ordinal) || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ||
            (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }

    private string? FindOpen()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var open = addresses.Where(address => !IsLoopback(address) && !(options.Access.Certificate is not null && address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))).ToList();
        return open.Count == 0
            ? null
            : $"Without TLS the gateway listens on this machine only, and {string.Join(", ", open)} can be reached from elsewhere. Use http://127.0.0.1:PORT, or https with access.certificate.";
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
