using System.Security.Cryptography;
using System.Text;

namespace Lucid.Grains.Identity;

/// <summary>
/// What is kept of a user's recovery codes: each replaces the second factor once, for who has lost it. A code has ten characters of 32,
/// 50 bits. Whoever has stolen this record can try codes at home, and a plain SHA-256 of each would be too little against that: one graphics
/// card tries 2^50 of them within a day. With <see cref="Rounds"/> of PBKDF2 it is busy for years with one user before it meets the first of
/// ten; here they cost some milliseconds.
/// </summary>
/// <param name="Salt">16 bytes of this user's, by chance: nothing computed for one user serves against another, and all codes of one cost one derivation to check.</param>
/// <param name="Unused">The hashes of the codes that are left, 32 bytes each.</param>
public sealed record RecoveryCodes(byte[] Salt, IReadOnlyList<byte[]> Unused)
{
    /// <summary>Bytes that codes are made of.</summary>
    public const int SeedSize = 32;

    /// <summary>Codes that are made at once.</summary>
    public const int Count = 10;

    /// <summary>Characters of a code, without the hyphen in its middle.</summary>
    public const int Length = 10;

    /// <summary>Rounds of PBKDF2-HMAC-SHA-256.</summary>
    public const int Rounds = 20_000;

    // No 0 and O, no 1 and I: nobody has to guess what was printed.
    private const string Alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    private const int SaltSize = 16;

    // More than a code with a hyphen or space between any two characters has: what is longer is not looked at.
    private const int MaxTyped = 40;

    /// <summary>What is kept of the codes of a seed. They make those before them worthless as soon as this takes the others' place.</summary>
    /// <param name="seed"><see cref="SeedSize"/> random bytes, which are kept nowhere.</param>
    public static RecoveryCodes Of(ReadOnlySpan<byte> seed)
    {
        var salt = SaltOf(seed);
        return new RecoveryCodes(salt, [.. CodesOf(seed).Select(code => Hash(code, salt))]);
    }

    /// <summary>The codes of a seed as they are shown, five characters on either side of a hyphen: the same each time.</summary>
    public static IReadOnlyList<string> Shown(ReadOnlySpan<byte> seed) => [.. CodesOf(seed).Select(code => $"{code[..(Length / 2)]}-{code[(Length / 2)..]}")];

    /// <summary>Whether that is written as a recovery code is, and so is no code of an authenticator.</summary>
    public static bool IsWritten(string? typed) => ReadCode(typed) is not null;

    /// <summary>Whether these were made of that seed.</summary>
    public bool IsOf(ReadOnlySpan<byte> seed) => CryptographicOperations.FixedTimeEquals(Salt, SaltOf(seed));

    /// <summary>What is left once this code is used, or null where it is none of those that are: it was mistyped, or used before.</summary>
    /// <param name="typed">The code as the user typed it, in either case, with hyphens and white space anywhere.</param>
    public RecoveryCodes? Use(string? typed)
    {
        if (ReadCode(typed) is not { } code)
            return null;
        var hash = Hash(code, Salt);
        var used = -1;
        for (var i = 0; i < Unused.Count; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(Unused[i], hash))
                used = i;
        }
        return used < 0 ? null : this with { Unused = [.. Unused.Where((_, i) => i != used)] };
    }

    // 32 characters for the 256 values of a byte: each is as likely as the others.
    private static string[] CodesOf(ReadOnlySpan<byte> seed)
    {
        var random = Expand(seed, "codes", Count * Length);
        var characters = string.Concat(random.Select(one => Alphabet[one % Alphabet.Length]));
        return [.. Enumerable.Range(0, Count).Select(i => characters.Substring(i * Length, Length))];
    }

    private static byte[] SaltOf(ReadOnlySpan<byte> seed) => Expand(seed, "salt", SaltSize);

    private static byte[] Expand(ReadOnlySpan<byte> seed, string what, int size)
    {
        var bytes = new byte[size];
        HKDF.Expand(HashAlgorithmName.SHA256, seed, bytes, Encoding.ASCII.GetBytes($"lucid.recovery-codes/1 {what}"));
        return bytes;
    }

    private static string? ReadCode(string? typed)
    {
        if (typed is null || typed.Length > MaxTyped)
            return null;
        var code = string.Concat(typed.Where(character => character != '-' && !char.IsWhiteSpace(character))).ToUpperInvariant();
        return code.Length == Length && code.All(character => Alphabet.Contains(character, StringComparison.Ordinal)) ? code : null;
    }

    private static byte[] Hash(string code, byte[] salt) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(code), salt, Rounds, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
}
