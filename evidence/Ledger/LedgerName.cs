using System.Buffers;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// Names of networks, validators and recorders: 1 to 63 of a-z, 0-9, '-', '.' and '_', beginning with a letter or digit. They stand in
/// space-separated lines and in the key names of signed notes, where spaces, plus signs and look-alike letters would do harm.
/// </summary>
public static class LedgerName
{
    /// <summary>Characters of a name at most.</summary>
    public const int MaxLength = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(Allowed);

    /// <summary>The origin of a network's log in its checkpoints, and the name of its log key: `lucid/&lt;network id&gt;`.</summary>
    public static string LogOrigin(Hash256 network) => $"lucid/{network}";

    /// <summary>The name under which a validator or recorder signs notes of a network: `lucid/&lt;network id&gt;/&lt;name&gt;`.</summary>
    public static string NoteKey(Hash256 network, string name) => $"lucid/{network}/{name}";

    internal static string Read(ref RecordReader reader, string what)
    {
        var name = reader.Text(MaxLength, what);
        return IsValid(name)
            ? name
            : throw reader.Refuse($"{what}, 1 to {MaxLength} of a-z 0-9 - . _", System.Text.Encoding.UTF8.GetBytes(name));
    }
}
