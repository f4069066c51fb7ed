using System.Text;
using System.Text.Unicode;

namespace Lucid.Evidence.Notes;

/// <summary>
/// What a log says of itself: "at this size my root is this" (C2SP tlog-checkpoint). Its text is the text of a signed note: the origin,
/// the size in decimal, the root in base 64, then the extension lines, if any.
/// </summary>
public sealed record Checkpoint
{
    private const string Record = "checkpoint";

    /// <param name="origin">The log's name; not empty, one line.</param>
    /// <param name="size">Leaves in the log.</param>
    /// <param name="root">The RFC 6962 root at that size.</param>
    /// <param name="extensions">Whole non-empty lines, each with its end, or nothing. Lucid writes none.</param>
    /// <exception cref="ArgumentException">The origin or the extensions cannot stand in a checkpoint.</exception>
    public Checkpoint(string origin, ulong size, Hash256 root, string extensions = "")
    {
        if (origin.Length == 0 || origin.Contains('\n'))
            throw new ArgumentException("An origin is one line that is not empty.", nameof(origin));
        if (extensions.Length > 0 && (extensions[0] == '\n' || extensions[^1] != '\n' || extensions.Contains("\n\n")))
            throw new ArgumentException("Extensions are whole lines that are not empty.", nameof(extensions));
        (Origin, Size, Root, Extensions) = (origin, size, root, extensions);
        SignedNote.RequireText(ToText());
    }

    /// <summary>The log's unique name.</summary>
    public string Origin { get; }

    /// <summary>Leaves in the log.</summary>
    public ulong Size { get; }

    /// <summary>The RFC 6962 root of the log at <see cref="Size"/>.</summary>
    public Hash256 Root { get; }

    /// <summary>The extension lines, each with its end; empty if there are none. Opaque.</summary>
    public string Extensions { get; }

    /// <summary>Reads the text of a checkpoint, as <see cref="SignedNote.TextBytes"/> has it.</summary>
    /// <exception cref="MalformedException">Not a checkpoint in its one encoding.</exception>
    public static Checkpoint Parse(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw new MalformedException(Record, "not valid UTF-8");
        var reader = new RecordReader(Record, text);
        var origin = Encoding.UTF8.GetString(reader.Line());
        var size = reader.Unsigned("the tree size");
        var rootLine = reader.Line();
        if (!CanonicalBase64.TryDecodeHash(rootLine, out var root))
            throw reader.Refuse("the root, 32 bytes in base 64", rootLine);
        var extensions = Encoding.UTF8.GetString(text[reader.Position..]);
        try
        {
            return new Checkpoint(origin, size, root, extensions);
        }
        catch (ArgumentException e)
        {
            throw new MalformedException(Record, e.Message);
        }
    }

    /// <summary>The text, as UTF-8, that is signed.</summary>
    public byte[] ToText() => Encoding.UTF8.GetBytes($"{Origin}\n{Size}\n{Convert.ToBase64String(Root.ToArray())}\n{Extensions}");
}
