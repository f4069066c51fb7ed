using System.Net;
using System.Net.Sockets;

namespace Lucid.Silo.Clustering;

/// <summary>A TCP port for those who have to know theirs before they listen.</summary>
internal static class FreePort
{
    /// <param name="port">0 for one that is free on loopback now; somebody else could still take it first.</param>
    public static int OrElse(int port)
    {
        if (port != 0)
            return port;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
