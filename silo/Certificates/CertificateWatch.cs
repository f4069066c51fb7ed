namespace Lucid.Silo.Certificates;

/// <summary>Warns at the start and once a day when the cluster's certificates are about to expire: nodes run for months, and then none can come back.</summary>
public sealed class CertificateWatch(ClusterCertificates certificates, TimeProvider clock, ILogger<CertificateWatch> log) : IHostedService, IDisposable
{
    /// <summary>How long before the end the warnings begin.</summary>
    private static readonly TimeSpan _notice = TimeSpan.FromDays(30);

    private static readonly TimeSpan _look = TimeSpan.FromDays(1);
    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = clock.CreateTimer(_ => Look(), state: null, TimeSpan.Zero, _look);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        var left = certificates.ExpiresAt - clock.GetUtcNow();
        if (left <= TimeSpan.Zero)
            log.LogError("A certificate of the cluster expired at {Expiry:u}: no connection comes about any more. Replace it and start anew (docs/cluster-certificates.md)", certificates.ExpiresAt);
        else if (left < _notice)
            log.LogWarning("A certificate of the cluster expires in {Days} days, at {Expiry:u}; replace it and start anew before (docs/cluster-certificates.md)", (int)left.TotalDays, certificates.ExpiresAt);
    }
}
