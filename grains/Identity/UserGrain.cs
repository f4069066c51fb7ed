using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Identity;

/// <summary>Decides who a user is and what they may do. Logins, those by mail, and tokens stand in files of their own.</summary>
public partial class UserGrain(IActivation<UserState> self, IUserDirectory directory, IdentityOptions options, ICpuPool cpu) : IUserGrain
{
    private const int MaxName = 100;
    private const int MaxEmail = 254;
    private const int MaxReason = 255;

    private UserState State => self.State;

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(self.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    public async Task<UserView> AdmitAsync(Caller caller, Role role)
    {
        RequirePermission(caller, Permission.ManageUsers);
        if (role == State.Role && State.Status != UserStatus.None)
            return await ListedAsync();
        if (role != Role.User || State.Role != Role.User)
            RequirePermission(caller, Permission.AssignRoles);
        if (State.Status == UserStatus.None)
        {
            await SaveAsync(State with { Status = UserStatus.Active, Role = role, CreatedAt = Now });
            return View();
        }
        // Access tokens carry the role of before; the next exchange of a refresh token gives the new one.
        await RevokeAllAsync(forGood: false);
        if (role > State.Role)
        {
            await SaveAsync(State with { Role = role });
            return View();
        }
        // One that says more than the user may is not to be left, and one of a gateway whose clock runs ahead would be: so the logins end.
        foreach (var login in State.Logins)
            await RevokeAsync(login.Id);
        await SaveAsync(State with { Role = role, Logins = [] });
        return View();
    }

    public Task<UserView> GetAsync(Caller caller)
    {
        RequireSelfOr(caller, Permission.ViewUsers);
        return Task.FromResult(View());
    }

    public async Task<UserView> UpdateAsync(Caller caller, UserChange change)
    {
        RequireSelfOr(caller, Permission.ManageUsers);
        if (caller.Subject != self.Key)
            RefuseAbove(caller);
        RefuseLong("name", change.Name, MaxName);
        RefuseLong("email", change.Email, MaxEmail);
        if (change.Email is { Length: > 0 } email && !email.Contains('@', StringComparison.Ordinal))
            throw new InvalidRequestException($"'{email}' is no e-mail address.");
        var next = State with { Name = Changed(State.Name, change.Name), Email = Changed(State.Email, change.Email) };
        if (next == State)
            return await ListedAsync();
        await SaveAsync(next);
        return View();
    }

    public async Task<UserView> SuspendAsync(Caller caller, string reason)
    {
        RequireAbove(caller);
        if (reason.Length is < 1 or > MaxReason || reason.Any(char.IsControl))
            throw new InvalidRequestException($"A reason has 1 to {MaxReason} characters without control characters, not {reason.Length}.");
        // First, so that it is asked for again where it fails: what is saved here stops only what comes to this grain.
        await RevokeAllAsync(forGood: true);
        await SaveAsync(State with { Status = UserStatus.Suspended, Reason = reason });
        return View();
    }

    public async Task<UserView> ActivateAsync(Caller caller)
    {
        RequireAbove(caller);
        if (State.Status != UserStatus.Suspended)
            return await ListedAsync();
        // Whoever stole something of theirs would be back with them. Until now it was kept: whoever shows it may hear why it is refused.
        await SaveAsync(State with { Status = UserStatus.Active, Reason = null, Logins = [], Tokens = [], MailLinks = [] });
        return View();
    }

    private UserView View() => new(self.Key, State.Role, State.Status, State.CreatedAt)
    {
        Name = State.Name,
        Email = State.Email,
        LastLoginAt = State.LastLoginAt,
        HardwareWallet = State.HardwareWallet,
        Reason = State.Reason,
    };

    private async Task SaveAsync(UserState next)
    {
        await self.SaveAsync(next);
        await ListedAsync();
    }

    /// <summary>The user as the list has them from now on. Where there is nothing to save too: a crash may have come between the save before and the list.</summary>
    private async Task<UserView> ListedAsync()
    {
        var view = View();
        await directory.UpsertAsync(view, CancellationToken.None);
        return view;
    }

    /// <summary>To whoever may not see a user there is none.</summary>
    private void RequireSelfOr(Caller caller, Permission permission)
    {
        var isSelf = caller.Subject == self.Key && caller.OnlySession is null;
        if (State.Status == UserStatus.None || (!isSelf && !caller.May(Permission.ViewUsers)))
            throw UserUnknownException.For(self.Key);
        if (!isSelf)
            RequirePermission(caller, permission);
    }

    private void RequireSelf(Caller caller)
    {
        if (caller.Subject != self.Key || caller.OnlySession is not null || State.Status == UserStatus.None)
            throw UserUnknownException.For(self.Key);
    }

    private void RequireAbove(Caller caller)
    {
        RequireSelfOr(caller, Permission.ManageUsers);
        RequirePermission(caller, Permission.ManageUsers);
        RefuseAbove(caller);
        if (caller.Subject == self.Key)
            throw new AccessDeniedException("Nobody suspends or activates themselves.");
    }

    private void RefuseAbove(Caller caller)
    {
        if (State.Role > caller.Role)
            throw new AccessDeniedException($"{self.Key} is {State.Role}, which is above you; ask another {State.Role}.");
    }

    private static void RequirePermission(Caller caller, Permission permission)
    {
        if (!caller.May(permission))
            throw new AccessDeniedException(Permissions.RefusalOf(caller.Role, permission));
    }

    private void RequireActive()
    {
        if (State.Status == UserStatus.Suspended)
            throw new UserSuspendedException($"{self.Key} is suspended: {State.Reason}. An administrator can activate them again.");
    }

    private static string? Changed(string? before, string? change) => change is null ? before : change.Length == 0 ? null : change;

    private static void RefuseLong(string what, string? text, int most)
    {
        if (text?.Length > most || text?.Any(char.IsControl) == true)
            throw new InvalidRequestException($"{what}: at most {most} characters without control characters.");
    }
}
