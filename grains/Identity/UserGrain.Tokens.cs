using Lucid.Evidence;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Identity;

/// <summary>Tokens with which programs act for a user.</summary>
public partial class UserGrain
{
    private static readonly TimeSpan _shortestToken = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _longestToken = TimeSpan.FromDays(366);

    public async Task<ProgramTokenList> MakeTokenAsync(Caller caller, MakeProgramToken request)
    {
        RequireSelf(caller);
        RequireActive();
        // A gateway that had no answer asks again with the same secret.
        if (State.Tokens.Any(one => one.Id == request.Token && one.Secret == request.Secret))
            return Tokens();
        RequireFreshLogin(caller, "to make a token");
        if (request.Name.Length is < 1 or > MaxName || request.Name.Any(char.IsControl))
            throw new InvalidRequestException($"A token's name has 1 to {MaxName} characters without control characters, not {request.Name.Length}.");
        if (request.Life < _shortestToken || request.Life > _longestToken)
            throw new InvalidRequestException($"A token lives 60 s to {_longestToken.TotalDays} days, not {request.Life.TotalSeconds} s.");
        var tokens = State.Tokens.RemoveAll(token => token.ExpiresAt <= Now);
        if (tokens.Length >= options.MaxTokens)
            throw new InvalidRequestException($"You have {tokens.Length} tokens, which is the most; take one back first.");
        await SaveAsync(State with { Tokens = tokens.Add(new ProgramTokenRecord(request.Token, request.Secret, request.Name, request.OnlySession, Now, Now + request.Life)) });
        return Tokens();
    }

    /// <summary>
    /// An access token that was stolen lives for minutes, and one of a program is not to make others that outlive it: neither makes what is good for a
    /// year, or until it is used.
    /// </summary>
    private void RequireFreshLogin(Caller caller, string wish)
    {
        if (State.Logins.FirstOrDefault(one => one.Id == caller.Login) is not { } login || Now - login.CreatedAt > options.FreshLogin)
            throw new AccessDeniedException($"Sign in again {wish}: that takes a login that is at most {options.FreshLogin.TotalMinutes:0} min old, and no token of a program.");
    }

    public Task<ProgramTokenList> TokensAsync(Caller caller)
    {
        RequireSelf(caller);
        return Task.FromResult(Tokens());
    }

    public async Task<ProgramTokenList> RevokeTokenAsync(Caller caller, Guid token)
    {
        RequireSelf(caller);
        var left = State.Tokens.RemoveAll(one => one.Id == token);
        if (left.Length != State.Tokens.Length)
            await SaveAsync(State with { Tokens = left });
        return Tokens();
    }

    public Task<Caller> OfTokenAsync(Guid token, Hash256 secret)
    {
        var known = State.Tokens.FirstOrDefault(one => one.Id == token && one.Secret == secret && one.ExpiresAt > Now)
            ?? throw new LoginEndedException("That token has expired, was taken back, or never was. Make a new one.");
        RequireActive();
        return Task.FromResult(new Caller(self.Key, State.Role) { OnlySession = known.OnlySession });
    }

    private ProgramTokenList Tokens() => new(
    [
        .. State.Tokens.Where(token => token.ExpiresAt > Now).OrderByDescending(token => token.CreatedAt)
            .Select(token => new ProgramTokenView(token.Id, token.Name, token.OnlySession, token.CreatedAt, token.ExpiresAt)),
    ]);
}
