using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;

namespace Lucid.GrainInterfaces.Sessions;

/// <summary>
/// One recorded session, by its id ("D" format). It owns the lifecycle, the lease, the order of the leaves and the manifest; the bytes of
/// its chunks never pass through it. Every method is idempotent unless it says otherwise. Each says what its caller needs on the session, and
/// whoever may not even view it is told that there is none.
/// </summary>
public interface ISessionGrain : IGrain
{
    /// <summary>
    /// Opens the session: a recorder makes its key, and the first lease is 1. The same request again answers the same session, whichever
    /// recorder it names and whatever was changed since.
    /// </summary>
    /// <exception cref="SessionConflictException">The id belongs to a session that another request opened.</exception>
    /// <exception cref="NoRoomException">The recorder is below its free-space reserve.</exception>
    /// <exception cref="AccessDeniedException">The owner is somebody else than the caller, who may not manage users.</exception>
    /// <exception cref="RecorderNotAllowedException">The policy does not let that recorder record.</exception>
    /// <exception cref="PolicyUnknownException">There is no policy of that id that applies to the owner.</exception>
    /// <exception cref="PolicyStateException">The policy is not active.</exception>
    Task<SessionView> CreateAsync(Caller caller, CreateSession request);

    /// <summary>
    /// Changes what the session was made with. Needs <see cref="SessionRight.Record"/>, and no token for one session; when it erases itself also <see cref="SessionRight.Erase"/>.
    /// </summary>
    /// <exception cref="InvalidRequestException">A value is not acceptable, or the retention would be over already.</exception>
    /// <exception cref="SessionStateException">The manifest has the tracks already, or a session that is over has no use for the value.</exception>
    Task<SessionView> ChangeAsync(Caller caller, SessionChange change);

    /// <summary>Needs <see cref="SessionRight.View"/>.</summary>
    /// <exception cref="SessionNotFoundException">Never created, or not to be seen by the caller. Every method below can throw it.</exception>
    Task<SessionView> GetAsync(Caller caller);

    /// <summary>The session as <see cref="GetAsync"/> tells it, once the caller is known to have a right: asked before bytes are read that no grain holds.</summary>
    /// <exception cref="AccessDeniedException">The caller may view the session, and not this. Every method below can throw it.</exception>
    /// <exception cref="ApprovalNeededException">The session's policy leaves it to its owner. Every method below can throw it.</exception>
    /// <param name="track">The track that is wanted, where it is one alone.</param>
    Task<SessionView> RequireAsync(Caller caller, SessionRight right, int? track = null);

    /// <summary>
    /// Asks whether a chunk may be recorded, before a byte of it is read. Changes nothing durable, except for what the recorder's condition
    /// tells: out of room it closes the session with an overload gap, an outage becomes a gap, and away the session moves to another one. Needs
    /// <see cref="SessionRight.Record"/>.
    /// </summary>
    /// <exception cref="FencedException">The lease is not the session's newest.</exception>
    /// <exception cref="SessionStateException">The session does not take chunks in its present state.</exception>
    /// <exception cref="ChunkWindowException">The index lies beyond the window of chunks that may arrive out of order.</exception>
    /// <exception cref="NoRoomException">Below the free-space reserve.</exception>
    /// <exception cref="GrainUnreachableException">No recorder that has the session's key can be reached; try again.</exception>
    Task<ChunkAdmission> AdmitAsync(Caller caller, AdmitChunk request);

    /// <summary>
    /// Counts a sealed chunk into the tree, durably. After the return the chunk is part of whatever manifest the session will ever have. For the
    /// recorder that sealed it, whose leaf says so.
    /// </summary>
    /// <exception cref="FencedException">The lease is not the session's newest.</exception>
    /// <exception cref="SessionStateException">The session closed meanwhile.</exception>
    Task CountAsync(CountChunk request);

    /// <summary>Tells that the recording side is alive. Needs <see cref="SessionRight.Record"/>, as all do up to <see cref="RecoverAsync"/> but for one.</summary>
    Task HeartbeatAsync(Caller caller, long lease);

    /// <summary>Stops the clock: the time until <see cref="ResumeAsync"/> becomes a gap with the cause paused.</summary>
    Task<SessionView> PauseAsync(Caller caller, long lease);

    /// <summary>
    /// Takes the session over with a new lease, which fences every older one; also ends a pause. A session that was closed as interrupted is
    /// continued by a new session, whose id the request brings and whose manifest names the old one. Each request, by the id that it brings, is one new lease.
    /// </summary>
    Task<SessionView> ResumeAsync(Caller caller, ResumeSession request);

    /// <summary>
    /// Moves the session to another recorder that has its key, for a process of the cluster that could not reach <paramref name="from"/>. The lease stays. Changes
    /// nothing where another one records already, and after the manifest is signed, from when on no recorder is needed.
    /// </summary>
    /// <param name="from">The recorder that could not be reached.</param>
    /// <returns>The session, with who records it now.</returns>
    /// <exception cref="GrainUnreachableException">Nobody else can take over now. The message names who was tried; try again.</exception>
    Task<SessionView> MoveAsync(string from);

    /// <summary>
    /// Closes the session: seals the manifest and hands its anchor to the ledger. What cannot be reached for that is waited for, and the
    /// session goes on by itself.
    /// </summary>
    /// <exception cref="SessionHolesException">Chunks are missing and gaps were not accepted.</exception>
    Task<SessionView> StopAsync(Caller caller, StopSession request);

    /// <summary>Continues a failed session from where its durable state stands.</summary>
    Task<SessionView> RecoverAsync(Caller caller);

    /// <summary>
    /// Destroys every wrapper of the session's key and then its ciphertext, at every recorder that has them, and anchors a signed record of
    /// that. Manifest, leaves and anchor stay. The session is not erased, and says whom it waits for, before all of them have answered. Needs
    /// <see cref="SessionRight.Erase"/>.
    /// </summary>
    Task<SessionView> EraseAsync(Caller caller);

    /// <summary>Counted leaves by index, from <paramref name="from"/>, at most <paramref name="count"/> (1 to 1,000). Needs <see cref="SessionRight.View"/>.</summary>
    Task<LeafPage> LeavesAsync(Caller caller, ulong from, int count);

    /// <summary>The manifest's bytes and its signature. Needs <see cref="SessionRight.View"/>.</summary>
    /// <exception cref="SessionStateException">The session is not closed yet.</exception>
    Task<SignedManifest> ManifestAsync(Caller caller);

    /// <summary>
    /// Lets somebody view and play the session until a time, instead of until the time that was said before. Needs <see cref="SessionRight.Share"/>.
    /// </summary>
    /// <exception cref="InvalidRequestException">The time has passed, the owner itself, or more than <see cref="SessionShare.Most"/> at once.</exception>
    Task<SessionShares> ShareAsync(Caller caller, SessionShare share);

    /// <summary>Takes that back; harmless where it was never given. Needs <see cref="SessionRight.Share"/>.</summary>
    Task<SessionShares> UnshareAsync(Caller caller, string auditor);

    /// <summary>Those that have not expired. Needs <see cref="SessionRight.Share"/>.</summary>
    Task<SessionShares> SharesAsync(Caller caller);

    /// <summary>Asks the owner of the session's policy to approve what the policy leaves to them. Asked again it is the same request, until it expires.</summary>
    /// <exception cref="InvalidRequestException">Nothing needs an approval, or <see cref="SessionApproval.Most"/> wait already.</exception>
    Task<SessionApproval> RequestApprovalAsync(Caller caller, ApprovalRequest request);

    /// <summary>The policy's owner sees all, others those of their own.</summary>
    Task<SessionApprovals> ApprovalsAsync(Caller caller);

    /// <summary>Approves or refuses. For the policy's owner.</summary>
    /// <exception cref="InvalidRequestException">No request of that number waits.</exception>
    Task<SessionApproval> DecideApprovalAsync(Caller caller, int number, bool approve);
}

/// <summary>One chunk of a session, by "session/index". It remembers what was sealed, so that the same bytes again get the same answer.</summary>
public interface IChunkGrain : IGrain
{
    /// <summary>What was sealed, or a record whose stage is <see cref="ChunkStage.None"/>.</summary>
    Task<ChunkRecord> GetAsync();

    /// <summary>
    /// Remembers a chunk that is stored durably. Where one is remembered already, that one is answered and nothing changes, unless it is of an
    /// older lease: the caller knows that it was not counted before it was fenced, so no receipt of it was given out.
    /// </summary>
    Task<ChunkRecord> StoredAsync(ChunkRecord record);
}
