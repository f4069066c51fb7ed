using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Identity;

/// <summary>What is kept for the doors.</summary>
public sealed record DoorState
{
    public byte[]? ChallengeKey { get; init; }

    /// <summary>SHA-256 of the secret that chooses the first super administrator; stays once it is used.</summary>
    public Hash256? Bootstrap { get; init; }

    /// <summary>Whom it chose.</summary>
    public string? First { get; init; }

    /// <summary>When they were made super administrator.</summary>
    public DateTimeOffset? ChosenAt { get; init; }
}

/// <summary>Keeps what the gateways share, and hands the house over once.</summary>
public class DoorGrain(IActivation<DoorState> self) : IDoorGrain
{
    // Several times the deadline of a grain's call, after which a gateway that had no answer asks again.
    private static readonly TimeSpan _repeats = TimeSpan.FromMinutes(1);

    public async Task<byte[]> ChallengeKeyAsync(ReadOnlyMemory<byte> proposal)
    {
        if (self.State.ChallengeKey is { } key)
            return key;
        if (proposal.Length != LoginChallenges.KeySize)
            throw new InvalidRequestException($"The key of challenges has {LoginChallenges.KeySize} bytes, not {proposal.Length}.");
        await self.SaveAsync(self.State with { ChallengeKey = proposal.ToArray() });
        return self.State.ChallengeKey!;
    }

    public async Task<bool> BeginBootstrapAsync(Hash256 secret)
    {
        if (self.State.Bootstrap is null)
            await self.SaveAsync(self.State with { Bootstrap = secret });
        // Not whether it was begun now: a gateway that had no answer asks again, and the secret that nobody was told would be lost for ever.
        return self.State.Bootstrap == secret;
    }

    public Task CheckBootstrapAsync(Hash256 secret, string user)
    {
        RequireBootstrap(secret, user);
        return Task.CompletedTask;
    }

    public async Task<UserView> BootstrapAsync(Hash256 secret, string user)
    {
        RequireBootstrap(secret, user);
        var chosen = self.Grains.Get<IUserGrain>(user);
        // For the call that comes a second time, which raises nobody: else the link would be a way back for whoever was lowered since.
        if (self.State.ChosenAt is not null)
            return await chosen.GetAsync(Caller.Lucid);
        // Kept first: should this node die in between, the same link makes the same user, and nobody else.
        if (self.State.First is null)
            await self.SaveAsync(self.State with { First = user });
        var view = await chosen.AdmitAsync(Caller.Lucid, Role.SuperAdmin);
        await self.SaveAsync(self.State with { ChosenAt = self.Clock.GetUtcNow() });
        return view;
    }

    private void RequireBootstrap(Hash256 secret, string user)
    {
        if (self.State.Bootstrap != secret || (self.State.First is { } first && first != user) || self.State.ChosenAt + _repeats <= self.Clock.GetUtcNow())
            throw Used();
    }

    private static LoginEndedException Used() => new("That link was used, or never was. Whoever has the node's data directory admits users with `lucid users admit`.");
}
