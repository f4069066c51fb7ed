using System.Buffers;
using System.Collections.Immutable;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// A block whole: header, the transactions it orders, and, once it is final, its certificate. The encoding is safe for any bytes:
/// `lucid.block-content/1\n&lt;header length&gt;\n&lt;certificate length, 0 for none&gt;\n&lt;transaction count&gt;\n`, each transaction's length on
/// a line, and then header, certificate and transactions one after the other.
/// </summary>
/// <param name="Certificate">Null while the block is only proposed.</param>
public sealed record Block(BlockHeader Header, ImmutableArray<ReadOnlyMemory<byte>> Transactions, CommitCertificate? Certificate)
{
    /// <summary>Transactions of one block at most.</summary>
    public const int MaxTransactions = 10_000;

    /// <summary>Bytes of one encoded block at most: room for 100,000 entries in batches.</summary>
    public const int MaxBytes = 48 * 1024 * 1024;

    /// <summary>Bytes of <see cref="Encode"/>, without copying the transactions.</summary>
    public int EncodedLength() => Layout().Length;

    public byte[] Encode()
    {
        var (lines, header, certificate, length) = Layout();
        if (length > MaxBytes)
            throw new InvalidOperationException($"The block would have {length} bytes; at most {MaxBytes} are allowed.");
        var bytes = new ArrayBufferWriter<byte>(length);
        bytes.Write(lines);
        bytes.Write(header);
        bytes.Write(certificate);
        foreach (var transaction in Transactions)
            bytes.Write(transaction.Span);
        return bytes.WrittenSpan.ToArray();
    }

    private (byte[] Lines, byte[] Header, byte[] Certificate, int Length) Layout()
    {
        var header = Header.Encode();
        var certificate = Certificate?.Encode() ?? [];
        var head = new RecordWriter().Line("lucid.block-content/1"u8)
            .Line((ulong)header.Length).Line((ulong)certificate.Length).Line((ulong)Transactions.Length);
        var length = header.Length + certificate.Length;
        foreach (var transaction in Transactions)
        {
            head.Line((ulong)transaction.Length);
            length = checked(length + transaction.Length);
        }
        var lines = head.ToArray();
        return (lines, header, certificate, lines.Length + length);
    }

    /// <summary>The transactions are slices of <paramref name="bytes"/>, which must not change afterwards.</summary>
    /// <exception cref="MalformedException">
    /// Not what <see cref="Encode"/> writes, or the certificate or the number of transactions is not the header's.
    /// </exception>
    public static Block Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedException("block", $"{bytes.Length} bytes; at most {MaxBytes} are allowed");
        var reader = new RecordReader("block", bytes.Span);
        reader.Literal("lucid.block-content/1"u8);
        var headerLength = reader.SmallNumber("the header's length", bytes.Length);
        var certificateLength = reader.SmallNumber("the certificate's length", bytes.Length);
        var count = reader.SmallNumber("the number of transactions", MaxTransactions);
        var lengths = new int[count];
        for (var i = 0; i < count; i++)
            lengths[i] = reader.SmallNumber("a transaction's length", bytes.Length);
        var rest = bytes[reader.Position..];
        if (rest.Length != headerLength + certificateLength + lengths.Sum(length => (long)length))
            throw new MalformedException("block", $"the lengths do not add up to the {rest.Length} bytes that follow them");

        var header = BlockHeader.Parse(rest.Span[..headerLength]);
        rest = rest[headerLength..];
        var certificate = certificateLength == 0 ? null : CommitCertificate.Parse(rest.Span[..certificateLength]);
        rest = rest[certificateLength..];
        if (header.TransactionCount != count)
            throw new MalformedException("block", $"the header counts {header.TransactionCount} transactions, the block {count}");
        if (certificate is not null && (certificate.Height != header.Height || certificate.BlockId != header.Id()))
            throw new MalformedException("block", "the certificate is another block's");
        var transactions = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        foreach (var length in lengths)
        {
            transactions.Add(rest[..length]);
            rest = rest[length..];
        }
        return new Block(header, transactions.MoveToImmutable(), certificate);
    }
}
