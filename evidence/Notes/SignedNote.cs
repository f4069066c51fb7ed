using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Lucid.Evidence.Notes;

/// <summary>
/// Text with the signatures of one or more keys (C2SP signed-note): the text, which ends in a newline, an empty line, then a line for
/// each signature. A parsed note keeps its exact bytes, so that writing it again gives them back. The text says nothing until
/// <see cref="Verify"/> has found a signature of a key that the reader trusts.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Most signatures in one note; a note with more is refused. C2SP asks for at least 16.</summary>
    public const int MaxSignatures = 64;

    /// <summary>Most bytes in one note, signatures included.</summary>
    public const int MaxBytes = 1 << 20;

    private const string Record = "signed note";
    private static readonly SearchValues<byte> ControlBytes =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(value => value != '\n').Select(value => (byte)value)]);

    private readonly byte[] _bytes;
    private readonly int _textLength;

    private SignedNote(byte[] bytes, int textLength, ImmutableArray<NoteSignature> signatures) =>
        (_bytes, _textLength, Signatures) = (bytes, textLength, signatures);

    /// <summary>The text that is signed, with its last newline and without the empty line.</summary>
    public string Text => Encoding.UTF8.GetString(TextBytes);

    /// <summary>The text as UTF-8: exactly the bytes that are signed.</summary>
    public ReadOnlySpan<byte> TextBytes => _bytes.AsSpan(0, _textLength);

    /// <summary>The whole note as it is stored and sent.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>All signature lines, in their order, known or not; 1 to <see cref="MaxSignatures"/>.</summary>
    public ImmutableArray<NoteSignature> Signatures { get; }

    /// <summary>The note of a text and its signatures, which are not checked here.</summary>
    /// <param name="text">UTF-8 without control characters other than newline, and ended by one.</param>
    /// <param name="signatures">1 to <see cref="MaxSignatures"/>.</param>
    /// <exception cref="ArgumentException">The text cannot be a note's, the number of signatures is out of range, or all is too long.</exception>
    public static SignedNote Create(ReadOnlySpan<byte> text, params IReadOnlyCollection<NoteSignature> signatures)
    {
        RequireText(text);
        if (signatures.Count is 0 or > MaxSignatures)
            throw new ArgumentException($"A note has 1 to {MaxSignatures} signatures, not {signatures.Count}.", nameof(signatures));
        var bytes = new ArrayBufferWriter<byte>(text.Length + (signatures.Count * 160));
        bytes.Write(text);
        foreach (var signature in signatures)
            Encoding.UTF8.GetBytes($"\n{signature}", bytes);
        bytes.Write("\n"u8);
        if (bytes.WrittenCount > MaxBytes)
            throw new ArgumentException($"The note would have {bytes.WrittenCount} bytes; at most {MaxBytes} are allowed.", nameof(text));
        return new SignedNote(bytes.WrittenSpan.ToArray(), text.Length, [.. signatures]);
    }

    /// <summary>The same note with more signatures after those it has.</summary>
    /// <exception cref="ArgumentException">It would have too many signatures or bytes.</exception>
    public SignedNote With(params IEnumerable<NoteSignature> signatures) => Create(TextBytes, [.. Signatures, .. signatures]);

    /// <summary>Reads a note and nothing after it. Signatures are read, not verified.</summary>
    /// <exception cref="MalformedException">Not a note, or beyond <see cref="MaxSignatures"/> or <see cref="MaxBytes"/>.</exception>
    public static SignedNote Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedException(Record, $"{bytes.Length} bytes; at most {MaxBytes} are read");
        if (!Utf8.IsValid(bytes))
            throw new MalformedException(Record, "not valid UTF-8");
        if (bytes.IndexOfAny(ControlBytes) is >= 0 and var control)
            throw new MalformedException(Record, $"control character 0x{bytes[control]:x2} at byte {control}; only newlines are allowed");
        // The last empty line separates; the text may hold others.
        var separator = bytes.LastIndexOf("\n\n"u8);
        if (separator < 0)
            throw new MalformedException(Record, "no empty line between text and signatures");
        if (bytes[^1] != '\n')
            throw new MalformedException(Record, "the last line has no end");
        var rest = bytes[(separator + 2)..];
        if (rest.IsEmpty)
            throw new MalformedException(Record, "no signature");
        var signatures = ImmutableArray.CreateBuilder<NoteSignature>();
        while (!rest.IsEmpty)
        {
            if (signatures.Count == MaxSignatures)
                throw new MalformedException(Record, $"more than {MaxSignatures} signatures");
            var end = rest.IndexOf((byte)'\n');
            signatures.Add(NoteSignature.TryParse(rest[..end]) ??
                throw new MalformedException(Record, $"signature line {signatures.Count + 1}: expected '— name base64'"));
            rest = rest[(end + 1)..];
        }
        return new SignedNote(bytes.ToArray(), separator + 1, signatures.DrainToImmutable());
    }

    /// <summary>The note's bytes in a new array.</summary>
    public byte[] Encode() => _bytes.AsSpan().ToArray();

    /// <summary>
    /// Verifies every signature whose name and key id are those of a key in <paramref name="keys"/>, and passes over all others, also
    /// those that share only a name or only an id with a known key.
    /// </summary>
    /// <exception cref="ArgumentException">Two different keys share name and id, so that nobody could say whose signature it is.</exception>
    public NoteVerification Verify(params IEnumerable<NoteVerifierKey> keys)
    {
        var known = new Dictionary<(string Name, uint Id), NoteVerifierKey>();
        foreach (var key in keys)
        {
            if (!known.TryAdd((key.Name, key.KeyId), key) && !known[(key.Name, key.KeyId)].Equals(key))
                throw new ArgumentException($"Two different keys are both {key.Name} {key.KeyId:x8}.", nameof(keys));
        }
        var text = new ArraySegment<byte>(_bytes, 0, _textLength);
        var valid = ImmutableArray.CreateBuilder<VerifiedSignature>();
        var invalid = ImmutableArray.CreateBuilder<NoteSignature>();
        var unknown = ImmutableArray.CreateBuilder<NoteSignature>();
        foreach (var signature in Signatures)
        {
            if (!known.TryGetValue((signature.Name, signature.KeyId), out var key))
                unknown.Add(signature);
            else if (VerifiedSignature.TryVerify(text, key, signature) is not { } verified)
                invalid.Add(signature);
            // Whoever counts signatures towards a quorum counts keys: a repeated line must not count twice.
            else if (!valid.Any(other => other.Key.Equals(key)))
                valid.Add(verified);
        }
        return new NoteVerification(valid.ToImmutable(), invalid.ToImmutable(), unknown.ToImmutable());
    }

    public override string ToString() => Encoding.UTF8.GetString(_bytes);

    internal static void RequireText(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[^1] != '\n' || !Utf8.IsValid(text) || text.ContainsAny(ControlBytes))
            throw new ArgumentException("A note's text is UTF-8, ends in a newline and holds no other control character.", nameof(text));
    }
}
