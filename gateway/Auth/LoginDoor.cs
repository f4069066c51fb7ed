using System.Security.Cryptography;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Auth;

/// <summary>
/// Looks at what somebody brings who wants to sign in, and asks their grain to let them. Every proof is checked here, where it costs nobody else
/// anything; whether it was used before, the grain knows.
/// </summary>
internal sealed partial class LoginDoor(IGrains grains, TokenIssuer tokens, AccessOptions options, LoginPlace place, AuditTrail trail, TimeProvider clock)
{
    private volatile LoginChallenges? _challenges;

    /// <summary>A new challenge for a wallet.</summary>
    public async Task<LoginMessage> ChallengeAsync(WalletAddress address) => (await ChallengesAsync()).Issue(address);

    /// <exception cref="ApiException">The message or the signature is not in order; each fault has its own error.</exception>
    /// <exception cref="LockedOutException">The account, or the address that calls, has failed too often.</exception>
    public async Task<LoginAnswer> SignInAsync(WalletAddress address, string message, string signature, HardwareWallet? hardware, HttpContext context)
    {
        tokens.RequireKey();
        var attempts = await MayTryAsync(address.ToString(), context);
        var checkedMessage = (await ChallengesAsync()).Check(message, address);
        var refusal = Refuse(checkedMessage.Verdict) ?? Refuse(WalletSignature.Check(address, checkedMessage.Message!.ToArray(), signature));
        if (refusal is not null)
        {
            foreach (var one in attempts)
                await one.FailedAsync();
            await NoteLockAsync(attempts, context);
            throw refusal;
        }
        var login = Guid.CreateVersion7(clock.GetUtcNow());
        var (refresh, text) = OpaqueToken.Make(OpaqueToken.Refresh, address.ToString(), login);
        var proof = checkedMessage.Message!;
        var opened = await User(address.ToString()).SignInAsync(new SignIn(login, refresh.Secret, refresh.Family!.Value, proof.Nonce, proof.Expires, OriginOf(context), options.AdmitStrangers) { Hardware = hardware });
        await SucceededAsync(attempts);
        return Answer(opened, text);
    }

    /// <exception cref="ApiException">It is no refresh token.</exception>
    /// <exception cref="LoginEndedException"/>
    public async Task<LoginAnswer> RefreshAsync(string text, HttpContext context)
    {
        var presented = OpaqueToken.Parse(OpaqueToken.Refresh, text) ?? throw new ApiException(ErrorTable.RefreshInvalid);
        // A token that comes twice is a theft, and its owner the one to warn.
        context.NoteAccount(presented.User);
        // Before anything is exchanged: whoever tries again after this refusal has not shown a token twice.
        tokens.RequireKey();
        var (next, nextText) = OpaqueToken.MakeNext(presented, text);
        try
        {
            var exchange = new RefreshLogin(presented.Id, presented.Secret, presented.Family!.Value, next.Secret) { From = OriginOf(context) };
            return Answer(await User(presented.User).RefreshAsync(exchange), nextText);
        }
        catch (LoginEndedException ended)
        {
            // Somebody has stolen a token: that is not one of the refusals that are counted together, without a name.
            if (ended.IsReuse)
            {
                trail.Tell(context.Event(AuditKind.SecurityEvent, "refresh_reused", AuditOutcome.Refused, clock.GetUtcNow(), AuditSeverity.Critical) with
                {
                    Actor = presented.User,
                    Resource = $"login/{presented.Id:D}",
                });
            }
            throw new ApiException(ErrorTable.RefreshInvalid, ended.Message);
        }
    }

    /// <summary>What counts failures: of the address that calls, where one is known, and of the account.</summary>
    /// <exception cref="LockedOutException">One of them has failed too often.</exception>
    private async Task<IAttemptsGrain[]> MayTryAsync(string user, HttpContext context)
    {
        context.NoteAccount(user);
        // From loopback come all whom an onion service brings, or a proxy that is not named: they would lock each other out.
        IAttemptsGrain[] attempts = ClientAddress.Subscriber(context.Connection.RemoteIpAddress) is var subscriber && subscriber == ClientAddress.Loopback
            ? [Attempts($"account/{user}")]
            : [Attempts($"address/{subscriber}"), Attempts($"account/{user}")];
        foreach (var one in attempts)
            await one.CheckAsync();
        return attempts;
    }

    /// <summary>
    /// Forgets the account's failures and not the address's: whoever has one account of their own would sign in with it after every fourth guess at
    /// others', and guess for ever. Those of an address are forgotten by time alone.
    /// </summary>
    private static Task SucceededAsync(IAttemptsGrain[] attempts) => attempts[^1].SucceededAsync();

    private static ApiException? Refuse(ChallengeVerdict verdict) => verdict switch
    {
        ChallengeVerdict.Ok => null,
        ChallengeVerdict.WrongDomain => new(ErrorTable.ChallengeOfAnotherDomain),
        ChallengeVerdict.WrongAddress => new(ErrorTable.ChallengeOfAnotherAddress),
        ChallengeVerdict.NotOurs => new(ErrorTable.ChallengeNotOurs),
        ChallengeVerdict.Expired => new(ErrorTable.ChallengeExpired),
        _ => new(ErrorTable.ChallengeMalformed),
    };

    private static ApiException? Refuse(WalletCheck signature) => signature.Verdict switch
    {
        WalletVerdict.Ok => null,
        WalletVerdict.HighS => new(ErrorTable.SignatureMirrored, signature.Problem!),
        WalletVerdict.VersionOne => new(ErrorTable.SignatureOfVersionOne, signature.Problem!),
        WalletVerdict.EthereumPrefix => new(ErrorTable.SignatureForEthereum, signature.Problem!),
        WalletVerdict.OtherAddress => new(ErrorTable.SignatureOfAnother, signature.Problem!),
        _ => new(ErrorTable.SignatureMalformed, signature.Problem!),
    };

    private IUserGrain User(string id) => grains.Get<IUserGrain>(id);

    private IAttemptsGrain Attempts(string of) => grains.Get<IAttemptsGrain>(of);

    private LoginAnswer Answer(LoginOpened opened, string refresh)
    {
        var issued = tokens.Issue(opened.User, opened.Role, opened.Login);
        return new LoginAnswer(issued.Token, "Bearer", (long)(issued.Expires - clock.GetUtcNow()).TotalSeconds, issued.Expires, refresh, opened.RefreshExpires, opened.User, opened.Role, opened.Login);
    }

    private async Task<LoginChallenges> ChallengesAsync() => _challenges ??= new LoginChallenges(
        await grains.Get<IDoorGrain>(IDoorGrain.Key).ChallengeKeyAsync(RandomNumberGenerator.GetBytes(LoginChallenges.KeySize)),
        place.Domain, LoginChallenges.DefaultLifetime, clock);

    private static LoginOrigin OriginOf(HttpContext context) => new(context.Request.Headers.UserAgent.ToString() is { Length: > 0 } client ? client : "unknown", AddressOf(context));

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";
}
