using Microsoft.Extensions.Logging;
using Orleans;

namespace Lucid.Engine.Cluster;

/// <summary>A gateway that finds no silo looks again, and says so once.</summary>
internal sealed class PatientConnection(TimeProvider clock, ILogger<PatientConnection> log) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan _betweenTries = TimeSpan.FromSeconds(1);
    private bool _isSaid;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_isSaid)
            log.LogWarning("No silo of the cluster answers ({Reason}); looked for again every second", exception.Message);
        _isSaid = true;
        await Task.Delay(_betweenTries, clock, cancellationToken);
        return true;
    }
}
