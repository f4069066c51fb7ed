using System.Collections.Immutable;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Policies;

/// <summary>Which policies a user has. Only their ids: what they say, they are asked.</summary>
public sealed record PolicyIndexState
{
    /// <summary>In the order in which they were made.</summary>
    public ImmutableArray<Guid> Policies { get; init; } = [];
}

/// <summary>Lists the policies of one user.</summary>
public class PolicyIndexGrain(IActivation<PolicyIndexState> self) : IPolicyIndexGrain
{
    public async Task AddAsync(Guid policy)
    {
        if (self.State.Policies.Contains(policy))
            return;
        if (self.State.Policies.Length >= IPolicyIndexGrain.Most)
            throw new InvalidRequestException($"A user has {IPolicyIndexGrain.Most} policies at most. Change one that there is, or delete a draft.");
        await self.SaveAsync(self.State with { Policies = self.State.Policies.Add(policy) });
    }

    public async Task RemoveAsync(Guid policy)
    {
        if (self.State.Policies.Contains(policy))
            await self.SaveAsync(self.State with { Policies = self.State.Policies.Remove(policy) });
    }

    public Task<PolicyIds> ListAsync(Caller caller, int page, int limit)
    {
        if (caller.OnlySession is not null || (caller.Subject != self.Key && !caller.May(Permission.ManageTrustPolicies)))
            throw new AccessDeniedException("You may list policies of your own only; leave owner out.");
        if (page < 1 || limit is < 1 or > 100)
            throw new InvalidRequestException($"A page is numbered from 1 and has 1 to 100 policies, not {page} and {limit}.");
        var all = self.State.Policies;
        return Task.FromResult(new PolicyIds([.. all.Reverse().Skip((int)Math.Min((page - 1L) * limit, int.MaxValue)).Take(limit)], all.Length));
    }
}
