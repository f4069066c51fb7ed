using Lucid.Gateway.Audit;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Auth;

/// <summary>What the audit log is told of accounts that lock.</summary>
internal sealed partial class LoginDoor
{
    /// <summary>After a failure that counted against the account: notes whether it was the one too many, which an administrator has to see in the account's name.</summary>
    private static async Task NoteLockAsync(IAttemptsGrain[] attempts, HttpContext context)
    {
        try
        {
            await attempts[^1].CheckAsync();
        }
        catch (LockedOutException)
        {
            context.NoteLocked();
        }
    }
}
