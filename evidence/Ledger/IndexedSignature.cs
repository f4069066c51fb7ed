using System.Globalization;
using System.Text;

namespace Lucid.Evidence.Ledger;

/// <summary>A validator's signature, with the validator named by its index in the set: `&lt;index&gt; &lt;signature hex&gt;`.</summary>
public sealed class IndexedSignature : IEquatable<IndexedSignature>
{
    private const int Size = 64;
    private readonly byte[] _bytes;

    /// <param name="validator">0 to 62.</param>
    /// <param name="bytes">Exactly 64 bytes; a copy is kept.</param>
    public IndexedSignature(int validator, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(validator);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(validator, ValidatorSet.MaxCount);
        if (bytes.Length != Size)
            throw new ArgumentException($"An Ed25519 signature has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        Validator = validator;
        _bytes = bytes.ToArray();
    }

    /// <summary>The validator's index in the set that decides at that height.</summary>
    public int Validator { get; }

    /// <summary>64 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether it is the identity signature of that validator of the set over the message.</summary>
    public bool Verify(ValidatorSet validators, ReadOnlySpan<byte> message) =>
        Validator < validators.Count && validators.Validators[Validator].Identity.Verify(message, _bytes);

    internal void Write(RecordWriter writer) => writer.Line($"{Validator} {Convert.ToHexStringLower(_bytes)}");

    internal static IndexedSignature Read(ref RecordReader reader)
    {
        var line = reader.Line();
        var space = line.IndexOf((byte)' ');
        var signature = new byte[Size];
        if (space is not (1 or 2) || (line[0] == '0' && space > 1) ||
            !int.TryParse(line[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= ValidatorSet.MaxCount ||
            line.Length != space + 1 + (2 * Size) || line[space..].ContainsAnyInRange((byte)'A', (byte)'F') ||
            Convert.FromHexString(line[(space + 1)..], signature, out _, out _) != System.Buffers.OperationStatus.Done)
            throw reader.Refuse("'<validator index> <signature>' with 128 lower-case hexadecimal digits", line);
        return new IndexedSignature(index, signature);
    }

    public bool Equals(IndexedSignature? other) =>
        other is not null && Validator == other.Validator && _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => Equals(obj as IndexedSignature);

    public override int GetHashCode() => HashCode.Combine(Validator, BitConverter.ToInt64(_bytes));

    public override string ToString() => new StringBuilder().Append(Validator).Append(' ').Append(Convert.ToHexStringLower(_bytes)).ToString();
}
