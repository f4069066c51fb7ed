namespace Lucid.Silo.Certificates;

/// <summary>Warns at the start and once a day when the cluster's certificates are about to expire: nodes run for months, and then none can come back.</summary>
public sealed class CertificateWatch(ClusterCertificates certificates, TimeProvider clock, ILogger<CertificateWatch> log) : BackgroundService
{
    /// <summary>How long before the end the warnings begin.</summary>
    internal static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    private static readonly TimeSpan _look = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var left = certificates.ExpiresAt - clock.GetUtcNow();
            if (left < TimeSpan.Zero)
                log.LogError("A certificate of the cluster expired at {Expiry:u}: no connection comes about any more. Replace it and start anew (docs/cluster-certificates.md)", certificates.ExpiresAt);
            else if (left < Notice)
                log.LogWarning("A certificate of the cluster expires in {Days} days, at {Expiry:u}; replace it and start anew before (docs/cluster-certificates.md)", (int)left.TotalDays, certificates.ExpiresAt);
            await Task.Delay(_look, clock, stoppingToken);
        }
    }
}
