using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Recorders;

/// <summary>
/// What a recorder that the request was passed on to answered instead of doing it, for the records that the gateway makes: the recorder makes none. A
/// feature of the request.
/// </summary>
/// <param name="Failure">As if the gateway had found it out itself.</param>
internal sealed record PassedRefusal(Exception Failure)
{
    /// <param name="code">Of the recorder's header; null where it has none.</param>
    public static PassedRefusal Of(int status, string? code)
    {
        var kind = ErrorTable.All.FirstOrDefault(kind => kind.Code == code) ?? ErrorMapping.ForStatus(status) ?? ErrorTable.Internal;
        // What recorders are asked for lies below a session: whoever may not see it is told that it is not there.
        return new PassedRefusal(code is not null && kind == ErrorTable.NotFound ? new SessionNotFoundException(kind.Meaning) : new ApiException(kind));
    }
}
