using Lucid.Gateway.Errors;
using Lucid.Gateway.Limits;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Memory;

namespace Lucid.Gateway.Auth;

/// <summary>
/// Says on whose behalf a program calls. Its user's grain knows; the answer serves for half a second, so that a program that records does not
/// ask for each chunk, and one whose token was taken back is out within a second.
/// </summary>
/// <remarks>
/// Each question may bring a grain into memory, and whoever makes up tokens could ask for any number of them. So a token that was not good here
/// before is asked about at a stranger's expense, and one that was is not: else whoever sends wrong ones from an address would shut out the programs
/// that share it.
/// </remarks>
internal sealed class ProgramAccess(IGrains grains, QuotaLimiter limiter) : IDisposable
{
    private const int Remembered = 100_000;
    private static readonly TimeSpan _serves = TimeSpan.FromMilliseconds(500);

    // A program that has paused for longer is a stranger again, for one request.
    private static readonly TimeSpan _trusted = TimeSpan.FromHours(1);

    private readonly MemoryCache _callers = new(new MemoryCacheOptions { SizeLimit = Remembered });
    private readonly MemoryCache _wereGood = new(new MemoryCacheOptions { SizeLimit = Remembered });

    /// <exception cref="ApiException">It is no such token, or too many that are none came from there.</exception>
    /// <exception cref="LoginEndedException"/>
    /// <exception cref="UserSuspendedException"/>
    public async ValueTask<Caller> AdmitAsync(string text, HttpContext context)
    {
        var token = OpaqueToken.Parse(OpaqueToken.Program, text) ?? throw new ApiException(ErrorTable.TokenInvalid);
        if (_callers.TryGetValue(token, out Caller? known))
            return known!;
        var isStranger = !_wereGood.TryGetValue(token, out _);
        if (isStranger && await limiter.ChargeAsync(context) is { IsGranted: false } verdict)
            throw verdict.ToRefusal();
        Caller caller;
        try
        {
            caller = await grains.Get<IUserGrain>(token.User).OfTokenAsync(token.Id, token.Secret);
        }
        catch (Exception refused) when (refused is LoginEndedException or UserSuspendedException)
        {
            _wereGood.Remove(token);
            throw;
        }
        catch (Exception failed) when (isStranger && ErrorMapping.Map(failed).Kind.Status >= StatusCodes.Status500InternalServerError)
        {
            // Nobody has said that it is none: an outage of ours is charged to nobody.
            limiter.ReturnStranger(context);
            throw;
        }
        if (isStranger)
            limiter.ReturnStranger(context);
        _wereGood.Set(token, true, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = _trusted });
        return _callers.Set(token, caller, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = _serves });
    }

    public void Dispose()
    {
        _callers.Dispose();
        _wereGood.Dispose();
    }
}
