using System.Security.Cryptography;
using System.Text;

namespace Lucid.Grains.Identity;

/// <summary>
/// What is kept of a user's recovery codes: each replaces the second factor once, for who has lost it. A code has ten characters of 32,
/// 50 bits. Whoever has stolen this record can try codes at home, and a plain SHA-256 of each would be too little against that: one graphics
/// card tries 2^50 of them within a day. With <see cref="Rounds"/> of PBKDF2 it is busy for years with one user before it meets the first of
/// ten; here they cost some milliseconds.
/// </summary>
/// <param name="Salt">16 random bytes of this user's: nothing computed for one user serves against another, and all codes of one cost one derivation to check.</param>
/// <param name="Unused">The hashes of the codes that are left, 32 bytes each.</param>
public sealed record RecoveryCodes(byte[] Salt, IReadOnlyList<byte[]> Unused)
{
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

    /// <summary>New codes, which make those before them worthless as soon as what is to be kept of them takes the others' place.</summary>
    public static NewRecoveryCodes Issue()
    {
        var salt = RandomNumberGenerator.GetBytes(SaltSize);
        var codes = new HashSet<string>(StringComparer.Ordinal);
        while (codes.Count < Count)
            codes.Add(RandomNumberGenerator.GetString(Alphabet, Length));
        return new NewRecoveryCodes(
            [.. codes.Select(code => $"{code[..(Length / 2)]}-{code[(Length / 2)..]}")],
            new RecoveryCodes(salt, [.. codes.Select(code => Hash(code, salt))]));
    }

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

/// <summary>Recovery codes as they are made: shown to the user once, and kept as hashes.</summary>
/// <param name="Shown">The codes, five characters on either side of a hyphen. They are stored nowhere.</param>
/// <param name="Kept">What is stored.</param>
public sealed record NewRecoveryCodes(IReadOnlyList<string> Shown, RecoveryCodes Kept);
