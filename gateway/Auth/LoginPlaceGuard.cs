using Microsoft.Extensions.Hosting;

namespace Lucid.Gateway.Auth;

/// <summary>Refuses to start where nobody could sign in: else each who tried would find a fault of ours.</summary>
internal sealed class LoginPlaceGuard(LoginPlace place, GatewayOptions options) : IHostedLifecycleService
{
    /// <exception cref="InvalidOperationException">Nothing that the server listens on can stand in what a wallet signs.</exception>
    public Task StartedAsync(CancellationToken cancellationToken) =>
        // Where the cluster's certificate is asked for, no people come.
        options.IsMutualTls || place.FindProblem() is not { } problem ? Task.CompletedTask : Task.FromException(new InvalidOperationException(problem));

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
