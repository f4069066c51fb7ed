using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.Caching.Memory;

namespace Lucid.Gateway.Auth;

/// <summary>
/// Says on whose behalf a program calls. Its user's grain knows; the answer serves for half a second, so that a program that records does not
/// ask for each chunk, and one whose token was taken back is out within a second.
/// </summary>
internal sealed class ProgramAccess(IGrains grains) : IDisposable
{
    private const int Remembered = 100_000;
    private static readonly TimeSpan _serves = TimeSpan.FromMilliseconds(500);

    private readonly MemoryCache _callers = new(new MemoryCacheOptions { SizeLimit = Remembered });

    /// <exception cref="ApiException">It is no such token.</exception>
    /// <exception cref="LoginEndedException"/>
    /// <exception cref="UserSuspendedException"/>
    public async ValueTask<Caller> AdmitAsync(string text)
    {
        var token = OpaqueToken.Parse(OpaqueToken.Program, text) ?? throw new ApiException(ErrorTable.TokenInvalid, ErrorTable.TokenInvalid.Meaning);
        if (_callers.TryGetValue(token, out Caller? known))
            return known!;
        var caller = await grains.Get<IUserGrain>(token.User).OfTokenAsync(token.Id, token.Secret);
        return _callers.Set(token, caller, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = _serves });
    }

    public void Dispose() => _callers.Dispose();
}
