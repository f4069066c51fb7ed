using System.Text.Json;
using System.Text.RegularExpressions;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Errors;

/// <summary>Which row of the <see cref="ErrorTable"/> an exception is, and what the caller may read of it.</summary>
internal static partial class ErrorMapping
{
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Messages of declared exceptions are written for callers and go out as they are. Whatever is not declared is a fault of ours: the
    /// caller gets the table's sentence, the log the rest.
    /// </summary>
    public static ApiException Map(Exception exception) => exception switch
    {
        ApiException refused => refused,
        BadHttpRequestException bad => MapBadRequest(bad),

        InvalidRequestException => new(ErrorTable.InvalidRequest, exception.Message),
        IdempotencyKeyReusedException => new(ErrorTable.KeyOfAnotherRequest, exception.Message),
        RequestUnderWayException => new(ErrorTable.RequestUnderWay, exception.Message, retryAfter: SoonAgain),
        UserUnknownException => new(ErrorTable.NotFound, exception.Message),
        UserSuspendedException => new(ErrorTable.Suspended, exception.Message),
        ProofRepeatedException => new(ErrorTable.ChallengeUsed, exception.Message),
        SecondFactorException => new(ErrorTable.SecondFactorWrong, exception.Message),
        SecondFactorThereException => new(ErrorTable.SecondFactorThere, exception.Message),
        LoginEndedException => new(ErrorTable.LoginEnded, exception.Message),
        LockedOutException locked => new(ErrorTable.LockedOut, exception.Message, retryAfter: locked.RetryAfter),
        AccessDeniedException => new(ErrorTable.PermissionDenied, exception.Message),
        SessionNotFoundException => new(ErrorTable.NotFound, exception.Message),
        PolicyUnknownException => new(ErrorTable.NotFound, exception.Message),
        PolicyStateException => new(ErrorTable.PolicyState, exception.Message),
        ApprovalNeededException => new(ErrorTable.ApprovalNeeded, exception.Message),
        RecorderNotAllowedException => new(ErrorTable.RecorderNotAllowed, exception.Message),
        SessionConflictException => new(ErrorTable.AlreadyExists, exception.Message),
        SessionStateException => new(ErrorTable.SessionState, exception.Message),
        FencedException => new(ErrorTable.Fenced, exception.Message),
        ChunkWindowException => new(ErrorTable.ChunkWindow, exception.Message),
        ChunkConflictException => new(ErrorTable.ChunkConflict, exception.Message),
        SessionHolesException => new(ErrorTable.SessionHoles, exception.Message),
        NoRoomException => new(ErrorTable.NoRoom, exception.Message),
        ChunkTooLargeException => new(ErrorTable.ChunkTooLarge, exception.Message),
        ContentDigestException => new(ErrorTable.DigestMismatch, exception.Message),
        RecorderBusyException busy => new(ErrorTable.RecorderBusy, exception.Message, retryAfter: busy.RetryAfter),
        ChunkMissingException => new(ErrorTable.ChunkMissing, exception.Message),
        KeyErasedException => new(ErrorTable.KeyErased, exception.Message),
        ChunkDamagedException => new(ErrorTable.ChunkDamaged, exception.Message),
        KeyDamagedException => new(ErrorTable.KeyDamaged, exception.Message),

        AuditUnavailableException => new(ErrorTable.AuditUnavailable, exception.Message, retryAfter: SoonAgain),
        LogBusyException => new(ErrorTable.TooManyWaiting, exception.Message, retryAfter: SoonAgain),
        EntryConflictException => new(ErrorTable.AlreadyExists, exception.Message),
        LedgerUnavailableException => new(ErrorTable.ChainUnavailable, exception.Message),
        LedgerDamagedException => new(ErrorTable.LedgerDamaged, exception.Message),

        MailboxFullException full => new(ErrorTable.TooManyWaiting, retryAfter: full.RetryAfter),
        CallDeadlineException => new(ErrorTable.Timeout),
        GrainUnreachableException => new(ErrorTable.PartAway, exception.Message, retryAfter: SoonAgain),
        EngineStoppedException => new(ErrorTable.Unavailable, retryAfter: SoonAgain),
        StateConflictException => new(ErrorTable.StoreFailed, retryAfter: SoonAgain),
        GrainStoreException => new(ErrorTable.StoreFailed, exception.Message, retryAfter: SoonAgain),
        GrainDamagedException => new(ErrorTable.StateDamaged, exception.Message),
        _ => new(ErrorTable.Internal),
    };

    /// <summary>
    /// That error for a caller who does not look after the node. Which file of it is damaged, and what its database said, helps only whoever does, and
    /// would tell everybody else of the node's insides.
    /// </summary>
    public static ApiException Withhold(ApiException error, Exception exception) =>
        exception is GrainStoreException or GrainDamagedException ? new(error.Kind, retryAfter: error.RetryAfter) : error;

    /// <summary>The row for an answer that the framework gave without a body; null where it has none of ours.</summary>
    public static ErrorKind? ForStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => ErrorTable.NotFound,
        StatusCodes.Status405MethodNotAllowed => ErrorTable.MethodNotAllowed,
        StatusCodes.Status408RequestTimeout => ErrorTable.RequestTimeout,
        StatusCodes.Status413PayloadTooLarge => ErrorTable.BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => ErrorTable.UnsupportedMediaType,
        StatusCodes.Status416RangeNotSatisfiable => ErrorTable.RangeNotSatisfiable,
        >= 500 => ErrorTable.Internal,
        >= 400 => ErrorTable.InvalidRequest,
        _ => null,
    };

    private static ApiException MapBadRequest(BadHttpRequestException bad) => bad switch
    {
        { InnerException: JsonException json } => new(ErrorTable.BadJson, DescribeJson(json)),
        { StatusCode: StatusCodes.Status400BadRequest } when UnboundParameter().Match(bad.Message) is { Success: true } parameter =>
            DescribeParameter(parameter),
        { StatusCode: StatusCodes.Status400BadRequest } when MissingBody().IsMatch(bad.Message) => new(ErrorTable.MissingField, "A JSON body is needed."),
        { StatusCode: StatusCodes.Status400BadRequest } => new(ErrorTable.InvalidRequest),
        _ when ForStatus(bad.StatusCode) is { } kind => new(kind),
        _ => new(ErrorTable.InvalidRequest),
    };

    private static ApiException DescribeParameter(Match parameter)
    {
        var (type, name, value) = (parameter.Groups["type"].Value, parameter.Groups["name"].Value, parameter.Groups["value"].Value);
        return type.Contains("Guid", StringComparison.Ordinal) ? new(ErrorTable.BadUuid, $"{name}: '{value}' is not a UUID.")
            : type.Contains("bool", StringComparison.Ordinal) ? new(ErrorTable.BadFormat, $"{name}: '{value}' is neither true nor false.")
            : new(ErrorTable.BadFormat, $"{name}: '{value}' is not a number that fits there.");
    }

    /// <summary>Names the place, never the types of our code that the serializer's own message speaks of.</summary>
    private static string DescribeJson(JsonException json) =>
        json.Path is { Length: > 1 } path
            ? $"The body's member {path} is unknown or not of the type that belongs there (line {(json.LineNumber ?? 0) + 1})."
            : $"The body is not valid JSON (line {(json.LineNumber ?? 0) + 1}, byte {(json.BytePositionInLine ?? 0) + 1}).";

    [GeneratedRegex("""^Failed to bind parameter "(?<type>\S+) (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 100)]
    private static partial Regex UnboundParameter();

    [GeneratedRegex("""^(Implicit body inferred for parameter|Required parameter) .*\bbody\b""", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex MissingBody();
}
