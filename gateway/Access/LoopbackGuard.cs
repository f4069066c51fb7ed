using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;

namespace Lucid.Gateway.Access;

/// <summary>Refuses to start on an address that other machines can reach, unless they have to speak TLS there.</summary>
internal sealed class LoopbackGuard(IServer server, GatewayOptions options) : IHostedLifecycleService
{
    /// <exception cref="InvalidOperationException">An address is not this machine's alone. All such addresses are named.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var open = addresses.Where(address => !IsLoopback(address) && !(options.Access.Certificate is not null && address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))).ToList();
        return open.Count == 0 || options.IsMutualTls
            ? Task.CompletedTask
            : Task.FromException(new InvalidOperationException(
                $"Without TLS the gateway listens on this machine only, and {string.Join(", ", open)} can be reached from elsewhere. Use http://127.0.0.1:PORT, or https with access.certificate."));
    }

    internal static bool IsLoopback(string address)
    {
        var host = Microsoft.AspNetCore.Http.BindingAddress.Parse(address).Host.Trim('[', ']');
        return address.Contains("://unix:", StringComparison.Ordinal) || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ||
            (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
