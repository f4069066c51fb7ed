namespace Lucid.Evidence.Records;

/// <summary>
/// What the public log says about a session's owner: SHA-256 of <c>lucid.owner/1\n&lt;salt hex&gt;\n&lt;owner&gt;\n</c>. Who holds the
/// manifest, which has owner and salt, can check it; nobody else can tell whether two sessions have the same owner.
/// </summary>
public static class OwnerCommitment
{
    /// <summary>The longest owner, in bytes of UTF-8.</summary>
    public const int MaxOwnerLength = 256;

    /// <param name="salt">32 random bytes, used for one session only: a salt used twice would tie two sessions together.</param>
    /// <param name="owner">A wallet's address, or "local": 1 to 256 bytes without control characters.</param>
    /// <exception cref="ArgumentException">The owner is not such a text.</exception>
    public static Hash256 Of(Hash256 salt, string owner)
    {
        if (RecordText.Problem(owner, 1, MaxOwnerLength) is { } problem)
            throw new ArgumentException($"This cannot be an owner: {problem}.", nameof(owner));
        return Hash256.Of(new RecordWriter().Line("lucid.owner/1"u8).Line(salt).Line(owner).ToArray());
    }
}
