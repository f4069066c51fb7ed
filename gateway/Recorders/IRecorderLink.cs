using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Recorders;

/// <summary>How this process reaches the disks of others. The host registers it in a cluster; a node alone has none.</summary>
public interface IRecorderLink
{
    /// <summary>The recorder of this process; null in one that only is a gateway.</summary>
    string? Own { get; }

    /// <summary>Sends requests to recorders, as one of the cluster. Does not follow redirects, and does not decompress.</summary>
    HttpMessageInvoker Http { get; }

    /// <summary>Where that recorder is. May answer from memory.</summary>
    /// <exception cref="GrainUnreachableException">It is in no process of the cluster now.</exception>
    ValueTask<RecorderAddress> AddressAsync(string recorder, CancellationToken cancellation);

    /// <summary>Nobody answered there: asks again the next time.</summary>
    void Forget(string recorder, RecorderAddress address);
}
