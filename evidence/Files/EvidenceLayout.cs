using System.Globalization;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Files;

/// <summary>How much of a recording an evidence file holds, as its first entry says.</summary>
public enum EvidenceContent
{
    /// <summary>The proof alone, no chunk.</summary>
    Proof,

    /// <summary>Some of the chunks.</summary>
    Part,

    /// <summary>Every chunk. Of a session without chunks a file is full, too: nothing is missing.</summary>
    Full,
}

/// <summary>The entries of an evidence file, in the order in which they stand.</summary>
public enum EvidencePart
{
    /// <summary><c>evidence.txt</c>: <c>lucid.evidence/1\n&lt;network&gt;\n&lt;session&gt;\n&lt;content&gt;\n</c>.</summary>
    Evidence,

    /// <summary><c>manifest.json</c>: the manifest's exact bytes.</summary>
    Manifest,

    /// <summary><c>manifest.note</c>: its signature.</summary>
    ManifestNote,

    /// <summary><c>leaves.txt</c>: the session's leaves, one after the other.</summary>
    Leaves,

    /// <summary><c>receipt.tlog-proof</c>: index, inclusion proof and cosigned checkpoint.</summary>
    Receipt,

    /// <summary><c>block.txt</c>: the header of the block with the checkpoint's log.</summary>
    Block,

    /// <summary><c>certificate.txt</c>: that block's certificate.</summary>
    Certificate,

    /// <summary><c>validators.txt</c>: the set that decided on it.</summary>
    Validators,

    /// <summary><c>after-block.txt</c>: the header of the manifest's after_block; absent where that is the time before the first
    /// block.</summary>
    AfterBlock,

    /// <summary><c>after-certificate.txt</c>: its certificate.</summary>
    AfterCertificate,

    /// <summary><c>after-validators.txt</c>: the set that decided on it, only where it is another one than validators.txt.</summary>
    AfterValidators,

    /// <summary><c>chunks/&lt;index, ten digits&gt;</c>: the ciphertext of one chunk, ascending.</summary>
    Chunk,
}

/// <summary>Names and limits of an evidence file's entries. No reader collects more of an entry than its limit.</summary>
public static class EvidenceLayout
{
    /// <summary>Bytes of leaves.txt at most: just below 4 GiB, about 20 million leaves, so that no entry needs a 64-bit length.</summary>
    public const long MaxLeavesLength = uint.MaxValue - 1;

    internal const int MaxNameLength = 32;

    private static readonly string[] _names =
    [
        "evidence.txt", "manifest.json", "manifest.note", "leaves.txt", "receipt.tlog-proof", "block.txt", "certificate.txt",
        "validators.txt", "after-block.txt", "after-certificate.txt", "after-validators.txt",
    ];

    /// <summary>The name of an entry.</summary>
    /// <param name="chunk">Which chunk, where <paramref name="part"/> is one.</param>
    public static string Name(EvidencePart part, ulong chunk = 0) =>
        part == EvidencePart.Chunk ? string.Create(CultureInfo.InvariantCulture, $"chunks/{chunk:D10}") : _names[(int)part];

    /// <summary>Which entry has that name.</summary>
    /// <returns>False where none does.</returns>
    public static bool TryParse(string name, out EvidencePart part, out ulong chunk)
    {
        chunk = 0;
        part = (EvidencePart)Array.IndexOf(_names, name);
        if ((int)part >= 0)
            return true;
        part = EvidencePart.Chunk;
        return name.Length == 17 && name.StartsWith("chunks/", StringComparison.Ordinal) &&
            ulong.TryParse(name.AsSpan(7), NumberStyles.None, CultureInfo.InvariantCulture, out chunk);
    }

    /// <summary>The most bytes that an entry can have.</summary>
    public static long MaxLength(EvidencePart part) => part switch
    {
        EvidencePart.Manifest => Manifest.MaxLength,
        EvidencePart.ManifestNote => 4 * 1024,
        EvidencePart.Leaves => MaxLeavesLength,
        EvidencePart.Receipt => SignedNote.MaxBytes,
        EvidencePart.Chunk => ChunkLeaf.MaxCipherLength,
        EvidencePart.Certificate or EvidencePart.AfterCertificate => ValidatorSet.MaxCount * 256,
        EvidencePart.Validators or EvidencePart.AfterValidators => ValidatorSet.MaxCount * 512,
        _ => 4 * 1024,
    };

    /// <summary>What a file with so many of a session's chunks is; there is one word for each case.</summary>
    public static EvidenceContent ContentOf(ulong chunksInFile, ulong chunksInSession)
    {
        if (chunksInFile == chunksInSession)
            return EvidenceContent.Full;
        return chunksInFile == 0 ? EvidenceContent.Proof : EvidenceContent.Part;
    }
}

/// <summary>The first entry: what the file is, before anything in it is believed.</summary>
/// <param name="Network">The ledger, as the manifest names it.</param>
/// <param name="Session">The session, as the manifest names it.</param>
/// <param name="Content">Whether chunks follow.</param>
public sealed record EvidenceHead(Hash256 Network, Guid Session, EvidenceContent Content)
{
    /// <summary>The entry's bytes.</summary>
    public byte[] Encode() => new RecordWriter().Line("lucid.evidence/1"u8).Line(Network).Line(Session).Line(Word(Content)).ToArray();

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static EvidenceHead Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("evidence.txt", bytes);
        reader.Literal("lucid.evidence/1"u8);
        var network = reader.Hash("the network's id");
        var session = reader.Session();
        var line = reader.Line();
        foreach (var content in Enum.GetValues<EvidenceContent>())
        {
            if (line.SequenceEqual(Word(content)))
            {
                reader.End();
                return new EvidenceHead(network, session, content);
            }
        }
        throw reader.Refuse("proof, part or full", line);
    }

    private static ReadOnlySpan<byte> Word(EvidenceContent content) => content switch
    {
        EvidenceContent.Proof => "proof"u8,
        EvidenceContent.Part => "part"u8,
        EvidenceContent.Full => "full"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(content), content, "No such content."),
    };
}
