using Lucid.Evidence;
using Lucid.Evidence.Policies;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.GrainInterfaces.Policies;

/// <summary>
/// One trust policy, by its id ("D" format): its versions, which of them is in force, and what that one says. draft → active → inactive ⇄
/// active, and revoked for good. Its owner alone draws it up and puts it into force, with their wallet's signature over exactly the version's
/// bytes; administrators may take it out of force.
/// </summary>
public interface ITrustPolicyGrain : IGrain
{
    /// <summary>Draws up version 1, for the caller, whose id has to be a wallet's address. The same again answers the same policy.</summary>
    /// <exception cref="InvalidRequestException">It breaks a rule of <see cref="TrustPolicy"/>, or the caller has no wallet or too many policies.</exception>
    /// <exception cref="PolicyStateException">The id is another policy's.</exception>
    Task<PolicyView> CreateAsync(Caller caller, PolicyText text);

    /// <summary>
    /// Up to the newest version that the caller may see: the owner and administrators all, others the signed ones under which sessions of theirs
    /// may be, or could have been, recorded.
    /// </summary>
    /// <exception cref="PolicyUnknownException">There is none, as far as the caller may know. Every method can throw it.</exception>
    Task<PolicyView> GetAsync(Caller caller);

    /// <summary>Draws up the next version, or the one that waits for its signature anew. What is in force stays in force until then. For the owner.</summary>
    Task<PolicyView> ChangeAsync(Caller caller, PolicyText text);

    /// <summary>
    /// Puts the newest version into force, with its owner's signature; without one, the version that was in force last. For the owner.
    /// </summary>
    /// <param name="signature">Over <see cref="PolicyStatement"/>, as the wallet gave it: 130 hexadecimal digits.</param>
    /// <exception cref="InvalidRequestException">The signature is not one over this version by its owner; the message says what it is.</exception>
    /// <exception cref="PolicyStateException">It is revoked, or nothing of it was ever signed.</exception>
    Task<PolicyView> ActivateAsync(Caller caller, string? signature);

    /// <summary>No new session is recorded under it. For the owner and administrators.</summary>
    Task<PolicyView> DeactivateAsync(Caller caller);

    /// <summary>
    /// For good: no new session is recorded under it, and what it allows to others than a session's owner is allowed no more. Sessions that
    /// are being recorded go on. For the owner and administrators.
    /// </summary>
    Task<PolicyView> RevokeAsync(Caller caller, string reason);

    /// <summary>Deletes a policy of which no version was ever signed. For the owner.</summary>
    /// <exception cref="PolicyStateException">A version was signed: manifests may name it.</exception>
    Task DeleteAsync(Caller caller);

    /// <summary>A version's exact bytes, for whoever may see that version: see <see cref="GetAsync"/>.</summary>
    /// <param name="version">From 1.</param>
    Task<PolicyDocument> VersionAsync(Caller caller, int version);

    /// <summary>What a version says of a request, whether or not it is in force. As for <see cref="VersionAsync"/>.</summary>
    Task<PolicyAnswer> EvaluateAsync(Caller caller, int version, PolicyRequest request);

    /// <summary>For a session that is to be recorded under it by that node: the version in force, which has to cover the session's owner and allow the node.</summary>
    /// <exception cref="PolicyStateException">None is in force.</exception>
    /// <exception cref="RecorderNotAllowedException">It does not let the node record.</exception>
    /// <exception cref="AccessDeniedException">It excludes its own owner.</exception>
    Task<SessionPolicy> PinAsync(string sessionOwner, string recorder);

    /// <summary>For a session that was recorded under a version: what that version says.</summary>
    /// <param name="sha256">As the session has pinned it; a version with other bytes denies all.</param>
    Task<PolicyAnswer> AskAsync(int version, Hash256 sha256, PolicyRequest request);
}

/// <summary>The policies of one user, by the user's id. Policies tell it of themselves.</summary>
public interface IPolicyIndexGrain : IGrain
{
    /// <summary>Most policies of one user.</summary>
    public const int Most = 500;

    /// <summary>Repeating it is harmless.</summary>
    /// <exception cref="InvalidRequestException">There are <see cref="Most"/>.</exception>
    Task AddAsync(Guid policy);

    Task RemoveAsync(Guid policy);

    /// <summary>The newest first. For the user and administrators.</summary>
    /// <param name="page">From 1.</param>
    /// <param name="limit">1 to 100.</param>
    Task<PolicyIds> ListAsync(Caller caller, int page, int limit);
}
