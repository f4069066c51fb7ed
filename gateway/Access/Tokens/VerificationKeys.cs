using System.Collections.Frozen;

namespace Lucid.Gateway.Access.Tokens;

/// <summary>The public keys whose signatures count, by name. Never changed, only swapped whole.</summary>
public sealed class VerificationKeys
{
    private readonly FrozenDictionary<string, VerificationKey> _keys;
    private readonly FrozenDictionary<string, VerificationKey>.AlternateLookup<ReadOnlySpan<char>> _byText;

    /// <exception cref="ArgumentException">Two have the same name.</exception>
    public VerificationKeys(IEnumerable<VerificationKey> keys)
    {
        _keys = keys.ToDictionary(key => key.Key.KeyId, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);
        _byText = _keys.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static VerificationKeys None { get; } = new([]);

    public IEnumerable<VerificationKey> All => _keys.Values;

    /// <summary>Null for a name that none has, or whose key has ended.</summary>
    /// <param name="keyId">ASCII.</param>
    public VerificationKey? Find(ReadOnlySpan<byte> keyId, DateTimeOffset now)
    {
        Span<char> name = stackalloc char[JsonWebKey.MaxKeyIdLength];
        if (keyId.Length > name.Length || !System.Text.Ascii.IsValid(keyId))
            return null;
        System.Text.Ascii.ToUtf16(keyId, name, out var length);
        return _byText.TryGetValue(name[..length], out var key) && !(key.NotAfter <= now) ? key : null;
    }
}
