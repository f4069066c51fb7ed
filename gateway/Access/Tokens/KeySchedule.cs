using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>Which of a gateway's keys signs when, when there has to be a new one, and how long the public half of an old one is needed.</summary>
internal static class KeySchedule
{
    /// <summary>How long a new key is known before it signs: longer than anybody may keep a copy of the key set (<see cref="JwksApi.MaxAge"/>).</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMinutes(10);

    /// <summary>The key that signs now; null where there is none, or where the last one is too old and has no successor.</summary>
    public static TokenKey? Signing(IReadOnlyList<TokenKey> keys, DateTimeOffset now, TokenOptions options)
    {
        for (var i = keys.Count - 1; i >= 0; i--)
        {
            if (keys[i].SignsFrom <= now)
                return now < SignsUntil(keys, i, options) ? keys[i] : null;
        }
        return null;
    }

    /// <summary>From when on a key signs that has to be made now; null where none has to.</summary>
    public static DateTimeOffset? NextFrom(IReadOnlyList<TokenKey> keys, DateTimeOffset now, TokenOptions options)
    {
        // Nothing else could sign, so there is nothing to wait for.
        if (Signing(keys, now, options) is not { } signing)
            return now;
        return signing == keys[^1] && now >= signing.SignsFrom + options.RotateEvery - Lead ? now + Lead : null;
    }

    /// <summary>When the last token of a key has been refused by every gateway.</summary>
    public static DateTimeOffset NotAfter(IReadOnlyList<TokenKey> keys, int index, TokenOptions options) =>
        SignsUntil(keys, index, options) + options.Life + Revocation.ClockSkew + Revocation.ClockSkew;

    private static DateTimeOffset SignsUntil(IReadOnlyList<TokenKey> keys, int index, TokenOptions options) =>
        index + 1 < keys.Count ? keys[index + 1].SignsFrom : keys[index].SignsFrom + options.RotateEvery;
}
