using System.Net.Sockets;

namespace Lucid.Silo.Clustering;

/// <summary>How it shows that a recorder's process or machine is gone, or that the way to it is cut.</summary>
internal static class LostConnection
{
    /// <summary>
    /// A connection that is not made in time shows as a cancellation, though nobody cancelled, and one that breaks while it is made as the
    /// socket's own exception.
    /// </summary>
    /// <param name="cancellation">What the caller itself may have cancelled.</param>
    public static bool Is(Exception exception, CancellationToken cancellation) =>
        exception is HttpRequestException or IOException or SocketException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);
}
