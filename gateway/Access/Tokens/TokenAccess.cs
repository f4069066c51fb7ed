using System.Buffers;
using System.Text;
using Lucid.Evidence;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>
/// Says who brings an access token. What was verified once is remembered by its hash; time and revocation are looked at each time. Without
/// fresh news of revocations nothing is believed, neither what is remembered nor what would verify now.
/// </summary>
internal sealed class TokenAccess(GatewayOptions options, IssuerWatch watch, TimeProvider clock)
{
    private static readonly TimeSpan _newsSoon = TimeSpan.FromSeconds(1);

    private readonly TokenVerifier _verifier = new(options.Issuer);
    private readonly TokenCache _cache = new(options.Tokens.CacheSize);

    /// <exception cref="ApiException">
    /// <see cref="ErrorTable.TokenInvalid"/>: sign in. <see cref="ErrorTable.TokenExpired"/>: refresh it. <see cref="ErrorTable.LoginEnded"/>: sign in.
    /// <see cref="ErrorTable.PartAway"/>: nothing was decided, try again.
    /// </exception>
    public ValueTask<Caller> AdmitAsync(ReadOnlyMemory<char> token, CancellationToken cancellation)
    {
        var verdict = Verify(token.Span, out var admitted);
        return verdict == TokenVerdict.UnknownKey ? AskAndAdmitAsync(token, cancellation) : ValueTask.FromResult(Admit(verdict, admitted));
    }

    private async ValueTask<Caller> AskAndAdmitAsync(ReadOnlyMemory<char> token, CancellationToken cancellation)
    {
        await watch.AskForKeysAsync(cancellation);
        return Admit(Verify(token.Span, out var admitted), admitted);
    }

    private TokenVerdict Verify(ReadOnlySpan<char> token, out AdmittedToken? admitted)
    {
        admitted = null;
        if (!watch.IsCurrent)
            throw new ApiException(ErrorTable.PartAway, "Nobody says now which access tokens were revoked, so none is believed.", retryAfter: _newsSoon);
        Span<byte> text = stackalloc byte[JsonWebSignature.MaxLength];
        if (token.Length > text.Length || Ascii.FromUtf16(token, text, out var length) != OperationStatus.Done)
            return TokenVerdict.Malformed;
        text = text[..length];
        var hash = Hash256.Of(text);
        var now = clock.GetUtcNow();
        admitted = _cache.Find(hash);
        if (admitted is not null)
            return TokenVerifier.At(admitted.Token, now);
        var verdict = _verifier.Verify(text, watch.Keys, now, out var read);
        if (verdict != TokenVerdict.Accepted)
            return verdict;
        admitted = new AdmittedToken(read!, read!.Caller);
        _cache.Add(hash, admitted);
        return verdict;
    }

    private Caller Admit(TokenVerdict verdict, AdmittedToken? admitted)
    {
        if (verdict != TokenVerdict.Accepted || admitted is null)
            throw Refuse(verdict);
        return watch.Revocations.Find(admitted.Token) switch
        {
            TokenStanding.Good => admitted.Caller,
            TokenStanding.ToRenew => throw new ApiException(ErrorTable.TokenExpired, "Access tokens of that age are to be renewed."),
            _ => throw new ApiException(ErrorTable.LoginEnded),
        };
    }

    private static ApiException Refuse(TokenVerdict verdict) => verdict switch
    {
        TokenVerdict.Expired => new(ErrorTable.TokenExpired),
        TokenVerdict.NotYetValid => new(ErrorTable.TokenInvalid, "The access token is good only later: the clock of this gateway, or of the one that issued it, is wrong."),
        TokenVerdict.WrongIssuer => new(ErrorTable.TokenInvalid, "The access token was issued for another network."),
        TokenVerdict.UnknownKey => new(ErrorTable.TokenInvalid, "The access token is signed with a key that nobody here knows, or knows no more."),
        // Which of the two it was is for whoever made it to find out.
        _ => new(ErrorTable.TokenInvalid),
    };
}
