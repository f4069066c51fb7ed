using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.GrainInterfaces.Identity;

/// <summary>
/// One user, by id: a wallet's address, or <see cref="MailAddress.UserId"/>. It owns the role, the logins, and the tokens for programs.
/// Secrets are made at the door and never come here: a grain knows their SHA-256 only. An authenticator's is the exception: codes are computed from it.
/// A gateway that has had no answer asks again by itself, with the same ids and secrets: what was done then is not done again, and the answer is the same.
/// </summary>
public interface IUserGrain : IGrain
{
    /// <summary>
    /// Admits somebody who never was here, or gives them another role; a lower one ends their logins. The same again changes nothing. Needs
    /// <see cref="Permission.ManageUsers"/>, and <see cref="Permission.AssignRoles"/> for any role but <see cref="Role.User"/>.
    /// </summary>
    /// <exception cref="AccessDeniedException"/>
    Task<UserView> AdmitAsync(Caller caller, Role role);

    /// <summary>
    /// Opens a login for somebody who has proved at the door who they are. Of more than the most at once, the one that was used longest ago
    /// ends.
    /// </summary>
    /// <exception cref="UserUnknownException">Nobody admitted them, and the request does not allow strangers.</exception>
    /// <exception cref="UserSuspendedException"/>
    /// <exception cref="ProofRepeatedException">The proof was used before.</exception>
    Task<LoginOpened> SignInAsync(SignIn request);

    /// <summary>
    /// Makes a link good that is to be mailed to the user, for as long as <see cref="MailLink"/>s are, or until one of them signs in.
    /// </summary>
    /// <exception cref="UserUnknownException">Nobody admitted them, or it is a wallet's user.</exception>
    /// <exception cref="UserSuspendedException"/>
    /// <exception cref="LockedOutException">As many are on their way as may be.</exception>
    Task MakeLinkAsync(MailLink link);

    /// <summary>Asked before <see cref="OfferFactorAsync"/>, which would refuse the same; it changes nothing.</summary>
    /// <exception cref="LoginEndedException">The link is none, or no longer.</exception>
    /// <exception cref="SecondFactorThereException"/>
    /// <exception cref="UserSuspendedException"/>
    Task CheckLinkAsync(MailLink link);

    /// <summary>Gives whoever has the link a second factor to set up. It is the same until its first code has come.</summary>
    /// <param name="proposal">20 random bytes, which become its secret.</param>
    /// <param name="issuer">What the authenticator shows: the domain, without a colon.</param>
    /// <exception cref="LoginEndedException">The link is none, or no longer.</exception>
    /// <exception cref="SecondFactorThereException"/>
    Task<SecondFactorOffer> OfferFactorAsync(MailLink link, ReadOnlyMemory<byte> proposal, string issuer);

    /// <summary>Opens a login for whoever has the link and the second factor. All links of the user are used up by it; a wrong code uses none.</summary>
    /// <exception cref="LoginEndedException">The link is none, or no longer.</exception>
    /// <exception cref="SecondFactorException"/>
    /// <exception cref="LockedOutException">Too many codes were wrong lately; a right one is not looked at either.</exception>
    /// <exception cref="UserSuspendedException"/>
    Task<MailLoginOpened> SignInByMailAsync(MailSignIn request);

    /// <summary>
    /// Takes the second factor, the recovery codes, all logins and all tokens for programs of somebody who has lost them: the next link sets up a
    /// new one. Needs <see cref="Permission.ManageUsers"/>, and a role that is not below the user's.
    /// </summary>
    Task<UserView> ResetFactorAsync(Caller caller);

    /// <summary>
    /// Makes other recovery codes in the place of all that there are. For the user alone, by a login that was opened lately, and with a code of the
    /// authenticator that was not used yet.
    /// </summary>
    /// <exception cref="AccessDeniedException">The login is too old, or it is none: sign in again.</exception>
    /// <exception cref="SecondFactorException">The code is not the authenticator's, or there is none.</exception>
    /// <exception cref="LockedOutException">Too many codes were wrong lately; a right one is not looked at either.</exception>
    /// <exception cref="UserSuspendedException"/>
    Task<RecoveryCodeList> RenewRecoveryCodesAsync(Caller caller, RenewRecoveryCodes request);

    /// <summary>How many recovery codes were not used yet. For the user alone.</summary>
    Task<int> RecoveryCodesLeftAsync(Caller caller);

    /// <summary>Exchanges a login's refresh token for a new one. One that was exchanged before, however long ago, ends the login: two have it.</summary>
    /// <exception cref="LoginEndedException">
    /// It ended: by its owner, by time, because it was idle, or because its token was used twice (<see cref="LoginEndedException.IsReuse"/>).
    /// </exception>
    /// <exception cref="UserSuspendedException"/>
    Task<LoginOpened> RefreshAsync(RefreshLogin request);

    /// <summary>The logins that are open. For the user, and whoever may <see cref="Permission.ForceUserLogout"/>; so are the next two.</summary>
    Task<LoginList> LoginsAsync(Caller caller);

    /// <summary>Ends one of them, from the next second on at every gateway. One that has ended, or is another user's, is left alone.</summary>
    Task<LoginList> EndLoginAsync(Caller caller, Guid login);

    /// <summary>Ends all of them, and takes all tokens for programs back.</summary>
    Task<LoginList> EndLoginsAsync(Caller caller);

    /// <summary>For the user, and whoever may <see cref="Permission.ViewUsers"/>.</summary>
    /// <exception cref="UserUnknownException">There is none, or the caller may not see them. Every method below can throw it.</exception>
    Task<UserView> GetAsync(Caller caller);

    /// <summary>For the user, and whoever may <see cref="Permission.ManageUsers"/>.</summary>
    Task<UserView> UpdateAsync(Caller caller, UserChange change);

    /// <summary>
    /// Ends all logins and tokens and opens no new one, until <see cref="ActivateAsync"/>. Needs <see cref="Permission.ManageUsers"/>, and a role
    /// that is not below the user's.
    /// </summary>
    /// <param name="reason">Told to the user: 1 to 255 characters.</param>
    Task<UserView> SuspendAsync(Caller caller, string reason);

    /// <summary>Lets somebody suspended sign in again. What they had before, logins, tokens and links, is good no more.</summary>
    Task<UserView> ActivateAsync(Caller caller);

    /// <summary>Lets a program act for the user, until it expires or is taken back. For the user alone, as the next two are; by a login that was opened lately.</summary>
    /// <exception cref="AccessDeniedException">The login is too old, or it is none: sign in again.</exception>
    /// <exception cref="Sessions.InvalidRequestException">Too many, or a life outside the range.</exception>
    Task<ProgramTokenList> MakeTokenAsync(Caller caller, MakeProgramToken request);

    Task<ProgramTokenList> TokensAsync(Caller caller);

    Task<ProgramTokenList> RevokeTokenAsync(Caller caller, Guid token);

    /// <summary>On whose behalf a program calls that shows a token.</summary>
    /// <exception cref="LoginEndedException">It is none of the user's, expired, or was taken back.</exception>
    /// <exception cref="UserSuspendedException"/>
    Task<Caller> OfTokenAsync(Guid token, Hash256 secret);
}
