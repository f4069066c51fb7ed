using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Recorders;

/// <summary>How this process reaches the disks of others. The host registers it in a cluster; a node alone has none.</summary>
public interface IRecorderLink
{
    /// <summary>The recorder of this process; null in one that only is a gateway.</summary>
    string? Own { get; }

    /// <summary>
    /// Sends a request to a recorder, as one of the cluster, and waits for the head of its answer for as long as the recorder is up. Does not
    /// follow redirects, and does not decompress.
    /// </summary>
    /// <param name="make">Makes the request, without the authorization. Called again where the recorder had moved or been started anew.</param>
    /// <exception cref="GrainUnreachableException">It is in no process of the cluster now, or that does not answer. The request may have been carried out.</exception>
    Task<HttpResponseMessage> SendAsync(string recorder, Func<RecorderAddress, HttpRequestMessage> make, CancellationToken cancellation);
}
