namespace Lucid.Gateway.Errors;

/// <summary>
/// Every error of the API. 1xxx the request, 2xxx who asks, 3xxx too much at once, 4xxx the rules of sessions (41xx) and resources,
/// 5xxx this node, 6xxx anchoring, 8xxx Merkle proofs. docs/api.md lists them too, and a test compares the two.
/// </summary>
public static class ErrorTable
{
    public static readonly ErrorKind InvalidRequest = new(1001, 400, "The request is not acceptable.", "Mend what the message names.");
    public static readonly ErrorKind MissingField = new(1002, 400, "A required field or header is missing.", "Send it.");
    public static readonly ErrorKind BadFormat = new(1003, 400, "A value is not written as it should be.", "Write it as the message shows.");
    public static readonly ErrorKind OutOfRange = new(1004, 400, "A value is outside its range.", "Choose one inside the range that the message names.");
    public static readonly ErrorKind BadUuid = new(1005, 400, "An id is not a UUID.", "Use the id as it was answered, such as 0190b7a4-….");
    public static readonly ErrorKind BadJson = new(1009, 400, "The body is not the JSON that is expected.", "Compare it with the schema in /openapi/v1.json.");
    public static readonly ErrorKind BodyTooLarge = new(1010, 413, "The request, its body or its headers are too large.", "Send less.");
    public static readonly ErrorKind DigestMismatch = new(1011, 400, "The body is not what its Content-Digest says.", "It was altered on the way: send it again.");
    public static readonly ErrorKind UnsupportedMediaType = new(1012, 415, "The body's media type or encoding is not supported.", "Send application/json for JSON, and chunks without a Content-Encoding.");
    public static readonly ErrorKind MethodNotAllowed = new(1013, 405, "The resource does not know that method.", "Use one that the Allow header names.");
    public static readonly ErrorKind RangeNotSatisfiable = new(1014, 416, "The range lies outside the resource.", "Content-Range says how long it is.");
    public static readonly ErrorKind RequestTimeout = new(1015, 408, "The request's body came too slowly.", "Send it again, all at once.");
    public static readonly ErrorKind ChangedMeanwhile = new(1016, 412, "The resource is not what If-Match names any more.", "Read it again, and decide anew.");
    public static readonly ErrorKind KeyOfAnotherRequest = new(1017, 422, "The Idempotency-Key was sent with another request before.", "Take a new key for a new request, and send exactly the same with the same key.");
    public static readonly ErrorKind RequestUnderWay = new(1018, 409, "A request with that Idempotency-Key is still under way.", "Try again after Retry-After.");
    public static readonly ErrorKind WrongHost = new(1019, 421, "Nothing is served here under that name.", "Use the name that the operator tells people: that of the option access.domain.");

    public static readonly ErrorKind TokenMissing = new(2001, 401, "A bearer token is needed.", "Send Authorization: Bearer with an access token, or with the token in the node's data directory.");
    public static readonly ErrorKind TokenExpired = new(2002, 401, "The access token has expired.", "Refresh it, or sign in again.");
    public static readonly ErrorKind TokenInvalid = new(2003, 401, "The bearer token is not valid.", "Sign in again, or read it anew from the file named token in the node's data directory.");
    public static readonly ErrorKind PermissionDenied = new(2004, 403, "You may not do that.", "The message says what it takes; ask whoever has it.");
    public static readonly ErrorKind LockedOut = new(2005, 429, "Too many attempts to sign in have failed.", "Try again after Retry-After. Logins that are open go on.");
    public static readonly ErrorKind LoginEnded = new(2009, 401, "The login or token has ended.", "Sign in again.");
    public static readonly ErrorKind RefreshInvalid = new(2010, 401, "The refresh token is not valid, or was exchanged before.", "Sign in again.");
    public static readonly ErrorKind ChallengeMalformed = new(2012, 400, "The message is no challenge.", "Send it exactly as /auth/challenge answered it.");
    public static readonly ErrorKind ChallengeOfAnotherDomain = new(2013, 401, "The challenge is of another domain.", "Ask this one for a challenge.");
    public static readonly ErrorKind ChallengeOfAnotherAddress = new(2014, 401, "The challenge was made for another address.", "Ask for one with the address that signs.");
    public static readonly ErrorKind ChallengeNotOurs = new(2015, 401, "The challenge was not made here, or was altered.", "Ask for a new one.");
    public static readonly ErrorKind ChallengeExpired = new(2016, 401, "The challenge has expired.", "Ask for a new one, and sign it within five minutes.");
    public static readonly ErrorKind ChallengeUsed = new(2017, 401, "The challenge was signed in with before.", "Ask for a new one.");
    public static readonly ErrorKind SignatureMalformed = new(2018, 400, "The signature is not one.", "Send the 130 hexadecimal digits that the wallet gave.");
    public static readonly ErrorKind SignatureMirrored = new(2019, 400, "The signature was mirrored: its s is the higher of two.", "Send it as the wallet gave it.");
    public static readonly ErrorKind SignatureOfVersionOne = new(2020, 401, "The message was signed by version 1 of the wallet's interface.", "Sign it with signMessageV2.");
    public static readonly ErrorKind SignatureForEthereum = new(2021, 401, "The message was signed as one for Ethereum.", "Update the hardware wallet's firmware and its app.");
    public static readonly ErrorKind SignatureOfAnother = new(2022, 401, "The signature is not that address's.", "Choose the account in the wallet, and sign the message as it is.");
    public static readonly ErrorKind Suspended = new(2023, 403, "The user is suspended.", "The message says why; an administrator can activate them.");
    public static readonly ErrorKind NotAdmitted = new(2024, 403, "That wallet is no user's here.", "Ask an administrator to admit it.");
    public static readonly ErrorKind SecondFactorWrong = new(2025, 401, "The code is not the authenticator's.", "Wait for the next code; check the clock of the phone.");
    public static readonly ErrorKind SecondFactorThere = new(2026, 409, "There is an authenticator already.", "Sign in with its code, or have an administrator reset it.");
    public static readonly ErrorKind CodeWrong = new(2027, 403, "The code is not the authenticator's, or there is none.", "Wait for the next code; check the clock of the phone. The login goes on.");
    public static readonly ErrorKind NotLoopback = new(2011, 403, "This node answers its own machine only.", "Call it from the machine that it runs on.");

    public static readonly ErrorKind TooManyRequests = new(3001, 429, "More requests than the limit allows.", "Try again after Retry-After; the X-RateLimit headers say how many are left.");
    public static readonly ErrorKind TooManyWaiting = new(3003, 503, "Too many calls wait for the same thing.", "Try again after Retry-After.");
    public static readonly ErrorKind RecorderBusy = new(3005, 503, "The recorder can take on no more at once. Nothing of a body was read.", "Try again after Retry-After.");

    public static readonly ErrorKind NotFound = new(4001, 404, "There is no such resource.", "Check the address and the id.");
    public static readonly ErrorKind AlreadyExists = new(4002, 409, "The id belongs to something else.", "Take a new one.");
    public static readonly ErrorKind ChunkTooLarge = new(4006, 413, "A chunk has at most 10 MiB.", "Cut it into several.");
    public static readonly ErrorKind SessionState = new(4007, 409, "The session's state does not allow that.", "The message says which state it is in and what would help.");
    public static readonly ErrorKind ChainUnavailable = new(4009, 503, "The ledger has nothing to answer with yet.", "Try again after the next block.");
    public static readonly ErrorKind Fenced = new(4101, 409, "A newer lease exists.", "Stop recording, or resume the session to take it over.");
    public static readonly ErrorKind ChunkConflict = new(4102, 409, "The index holds other bytes.", "Use a new index for new bytes.");
    public static readonly ErrorKind ChunkWindow = new(4103, 409, "The index is too far ahead.", "Send the missing chunks first.");
    public static readonly ErrorKind SessionHoles = new(4104, 409, "Chunks are missing.", "Send them, or stop with accept_gaps=true.");
    public static readonly ErrorKind ChunkMissing = new(4105, 404, "The chunk is not there: never sealed, or erased.", "List the session's chunks.");
    public static readonly ErrorKind KeyErased = new(4106, 410, "The session's key was destroyed; nobody can read the recording.", "Nothing brings it back. Its proofs stay.");
    public static readonly ErrorKind NoRoom = new(4107, 507, "The node's disk is below its free-space reserve.", "Free space on the node.");
    public static readonly ErrorKind ChunkDamaged = new(4108, 500, "A chunk's file is missing, or is not what was sealed.", "Restore the file that the message names from a backup, or ask again with skip_damaged=true for all the others.");
    public static readonly ErrorKind KeyDamaged = new(4109, 500, "The file of the session's key is missing or damaged.", "Restore the file that the message names from a backup.");

    public static readonly ErrorKind ApprovalNeeded = new(4110, 403, "The session's policy leaves that to its owner.", "Ask with POST /sessions/{id}/approvals, and try again once it is approved.");
    public static readonly ErrorKind PolicyState = new(4111, 409, "The trust policy's state does not allow that.", "The message says which state it is in and what would help.");
    public static readonly ErrorKind RecorderNotAllowed = new(4112, 403, "The trust policy lets none of the recorders record that there are.", "Add a rule of type node that allows host.");

    public static readonly ErrorKind Internal = new(5001, 500, "Something failed inside the node.", "Look for the request id in the node's log.");
    public static readonly ErrorKind StoreFailed = new(5002, 503, "The node's store failed.", "Try again; look at the node's disk if it stays.");
    public static readonly ErrorKind StateDamaged = new(5003, 500, "What the node's store holds of this is damaged.", "Restore the file that the message, or the node's log, names from a backup. Other sessions are not affected.");
    public static readonly ErrorKind LedgerDamaged = new(5004, 503, "A file of the node's ledger is damaged.", "Do what the message says; recording goes on meanwhile.");
    public static readonly ErrorKind Timeout = new(5006, 504, "No answer within the deadline; it may still happen.", "Ask again: calls are idempotent.");
    public static readonly ErrorKind CircuitOpen = new(5007, 503, "What this needs has not answered several times in a row, and is not asked for a while.", "Try again after Retry-After.");
    public static readonly ErrorKind Unavailable = new(5008, 503, "The node is starting or stopping.", "Try again after Retry-After.");
    public static readonly ErrorKind PartAway = new(5009, 503, "A part of the cluster that this needs is away.", "Try again after Retry-After; what was answered before is kept.");

    public static readonly ErrorKind NoMail = new(5011, 501, "No mail is sent here.", "Sign in with a wallet, or have the operator set the options mail.*.");
    public static readonly ErrorKind AuditUnavailable = new(5010, 503, "The audit log cannot be written to, and what it cannot tell of is not done.", "Try again after Retry-After; look at the node's store if it stays.");

    public static readonly ErrorKind NotAnchoredYet = new(6001, 409, "The session is not anchored yet.", "Try again after Retry-After, once it is stopped.");
    public static readonly ErrorKind NoAnchor = new(6002, 404, "The ledger knows no anchor of that session.", "Stop the session first, or ask the network that recorded it.");

    /// <summary>All of them, by number.</summary>
    public static IReadOnlyList<ErrorKind> All { get; } =
    [
        .. typeof(ErrorTable).GetFields().Select(field => field.GetValue(null)).OfType<ErrorKind>().OrderBy(kind => kind.Number)
    ];
}
