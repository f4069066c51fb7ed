using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Grains.Identity;

/// <summary>The logins of a user: opened by a proof, kept open by exchanging refresh tokens.</summary>
public partial class UserGrain
{
    // Of those that a door would still take: six minutes' worth. More logins than that in six minutes are no person's.
    private const int MaxProofs = 64;

    // The same whatever has ended it: whoever has stolen a token is not told that it was noticed.
    private const string EndedMessage = "That login has ended. Sign in again.";

    public async Task<LoginOpened> SignInAsync(SignIn request)
    {
        RequireActive();
        if (Opened(request.Login, request.Refresh) is { } before)
            return before;
        var isNew = State.Status == UserStatus.None;
        if (isNew && !request.AllowsStrangers)
            throw new UserUnknownException($"{self.Key} is no user here. Ask an administrator to admit that address.");
        var proofs = State.UsedProofs.RemoveAll(used => ForgottenAt(used) <= Now);
        if (proofs.Any(used => used.Proof == request.Proof))
            throw new ProofRepeatedException("That challenge was signed in with before; ask for a new one.");
        if (proofs.Length >= MaxProofs)
            throw LockedOutException.For($"{MaxProofs} logins were opened within minutes; wait until the first challenges have expired.", proofs.Min(ForgottenAt) - Now);
        return await OpenAsync(request.Login, request.Refresh, request.Family, request.From, State with
        {
            Status = UserStatus.Active,
            CreatedAt = isNew ? Now : State.CreatedAt,
            HardwareWallet = request.Hardware ?? State.HardwareWallet,
            UsedProofs = proofs.Add(new UsedProof(request.Proof, request.ProofExpires)),
        });
    }

    public async Task<LoginOpened> RefreshAsync(RefreshLogin request)
    {
        var login = Alive().FirstOrDefault(one => one.Id == request.Login) ?? throw Ended();
        // The same proposal again: a gateway that had no answer asks a second time, and nobody has seen the first.
        if (login.Refresh == request.Next)
        {
            RequireActive();
            return Opened(login);
        }
        if (login.Refresh != request.Presented)
        {
            // It was exchanged before, so two have had it, the user and a thief: neither goes on.
            if (login.Family == request.Family)
            {
                await EndAsync(login.Id);
                throw LoginEndedException.OfReuse(EndedMessage);
            }
            throw Ended();
        }
        // Only now: whoever has no secret of the user's is not told why they are suspended.
        RequireActive();
        var next = login with
        {
            Refresh = request.Next,
            LastFrom = request.From is { } from ? Bounded(from) : login.LastFrom,
            LastUsedAt = Now,
            ExpiresAt = Now + options.RefreshLife,
        };
        await SaveAsync(State with { Logins = State.Logins.Replace(login, next) });
        return Opened(next);
    }

    public Task<LoginList> LoginsAsync(Caller caller)
    {
        RequireSelfOr(caller, Permission.ForceUserLogout);
        return Task.FromResult(Logins());
    }

    public async Task<LoginList> EndLoginAsync(Caller caller, Guid login)
    {
        RequireSelfOr(caller, Permission.ForceUserLogout);
        // Anybody can name an id: what is neither this user's nor the caller's own would let one end everybody's, and fill the list of what was revoked.
        if (login == caller.Login || State.Logins.Any(one => one.Id == login))
            await EndAsync(login);
        return Logins();
    }

    public async Task<LoginList> EndLoginsAsync(Caller caller)
    {
        RequireSelfOr(caller, Permission.ForceUserLogout);
        foreach (var login in State.Logins)
            await RevokeAsync(login.Id);
        // Whoever does this fears that somebody else is in: tokens that they have made would let them stay.
        await SaveAsync(State with { Logins = [], Tokens = [] });
        return Logins();
    }

    /// <summary>When no door takes it any more: its clock may be as far behind as ours is ahead.</summary>
    private static DateTimeOffset ForgottenAt(UsedProof used) => used.Expires + Revocation.ClockSkew + Revocation.ClockSkew;

    /// <summary>Opens a login, together with what its proof changes.</summary>
    private async Task<LoginOpened> OpenAsync(Guid login, Hash256 refresh, Hash256 family, LoginOrigin from, UserState proved)
    {
        var open = Open();
        // The one that was used longest ago makes room.
        var dropped = open.Length < options.MaxLogins ? null : open.MinBy(one => one.LastUsedAt);
        if (dropped is not null)
            await RevokeAsync(dropped.Id);
        var opened = new LoginRecord(login, refresh, family, Bounded(from), Now, Now, Now + options.RefreshLife);
        await SaveAsync(proved with { LastLoginAt = Now, Logins = (dropped is null ? open : open.Remove(dropped)).Add(opened) });
        return Opened(opened);
    }

    private async Task EndAsync(Guid login)
    {
        await RevokeAsync(login);
        var left = State.Logins.RemoveAll(one => one.Id == login);
        if (left.Length != State.Logins.Length)
            await SaveAsync(State with { Logins = left });
    }

    /// <summary>From now on no gateway honours an access token of that login.</summary>
    private Task RevokeAsync(Guid login) => Issuer.RevokeAsync(Revocation.OfSession(login, Now + Revocation.MaxTokenLife));

    /// <summary>From now on no gateway honours an access token of the user that was made before.</summary>
    /// <param name="forGood">Nor one that a gateway makes whose clock runs ahead; such as one gets who may not come back at once.</param>
    private Task RevokeAllAsync(bool forGood) =>
        Issuer.RevokeAsync(Revocation.OfSubject(self.Key, forGood ? Now + Revocation.ClockSkew : Now, Now + Revocation.MaxTokenLife + Revocation.ClockSkew));

    private IIssuerGrain Issuer => self.Grains.Get<IIssuerGrain>(IIssuerGrain.Key);

    private ImmutableArray<LoginRecord> Open() => State.Status == UserStatus.Suspended ? [] : Alive();

    /// <summary>
    /// Those of somebody suspended too: none of them is open, and whoever has its refresh token may hear why. One counts as idle from when its last access
    /// token has expired: until then it may be in use, and could not be revoked once it is forgotten here.
    /// </summary>
    private ImmutableArray<LoginRecord> Alive() =>
        State.Logins.RemoveAll(login => login.ExpiresAt <= Now || Now - login.LastUsedAt >= Revocation.MaxTokenLife + options.Idle);

    private LoginList Logins() => new(
    [
        .. Open().OrderByDescending(login => login.LastUsedAt)
            .Select(login => new LoginView(login.Id, login.From.Client, login.From.Address, login.CreatedAt, login.LastUsedAt, login.ExpiresAt)
            {
                LastClient = (login.LastFrom ?? login.From).Client,
                LastAddress = (login.LastFrom ?? login.From).Address,
            }),
    ]);

    /// <summary>What was answered where that very login is open already: a gateway that had no answer asks again with the same secret.</summary>
    private LoginOpened? Opened(Guid login, Hash256 refresh) => Open().FirstOrDefault(one => one.Id == login && one.Refresh == refresh) is { } before ? Opened(before) : null;

    private LoginOpened Opened(LoginRecord login) => new(login.Id, self.Key, State.Role, login.ExpiresAt);

    private static LoginEndedException Ended() => new(EndedMessage);

    private static LoginOrigin Bounded(LoginOrigin from) => new(from.Client.Length <= 200 ? from.Client : from.Client[..200], from.Address);
}
