using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lucid.Evidence.Audit;

/// <summary>
/// Part of a node's audit log as a file that proves itself: JSON that begins with <see cref="Start"/>, and ends with the SHA-256 of every byte
/// before that last member, so that any altered byte is noticed. It holds the exact bytes of records, those of the log's root in the ledger
/// (<see cref="Records.AuditRoot"/>), and what an evidence file has to show that the ledger holds that: receipt, block, certificate and
/// validators. A record whose successor is in the file is proved by that, which names its hash; every other one by its inclusion proof.
/// </summary>
/// <param name="Root">The text of the audit root.</param>
/// <param name="Receipt">The C2SP tlog-proof of that entry.</param>
/// <param name="Block">The header of the block whose log is the receipt's checkpoint.</param>
/// <param name="Records">In order of their index.</param>
public sealed record AuditExport(
    string Root, string Receipt, string Block, string Certificate, string Validators, ImmutableArray<ExportedRecord> Records)
{
    /// <summary>The first bytes of every export.</summary>
    public static ReadOnlySpan<byte> Start => "{\"lucid_audit_export\":1,"u8;

    /// <summary>Bytes of a file at most: what is read is held in memory.</summary>
    public const int MaxBytes = 256 * 1024 * 1024;

    /// <summary>Records in a file at most; more are exported in several.</summary>
    public const int MaxRecords = 50_000;

    private const string Name = "audit export";
    private const int HashDigits = 64;
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static ReadOnlySpan<byte> End => ",\"sha256\":\""u8;

    private static ReadOnlySpan<byte> Tail => "\"}\n"u8;

    /// <summary>The file's bytes.</summary>
    public byte[] Encode()
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(this, _json);
        // The object without its brace, behind the head and before the sum.
        byte[] file = [.. Start, .. body.AsSpan(1, body.Length - 2)];
        return [.. file, .. End, .. Encoding.ASCII.GetBytes(Hash256.Of(file).ToString()), .. Tail];
    }

    /// <summary>Reads the form, and compares the sum. Nothing is verified that somebody could not have made up.</summary>
    /// <exception cref="MalformedException">It is no such file, or not as it was written.</exception>
    public static AuditExport Parse(ReadOnlySpan<byte> file)
    {
        var tail = End.Length + HashDigits + Tail.Length;
        if (!file.StartsWith(Start) || file.Length < Start.Length + tail)
            throw new MalformedException(Name, "it does not begin as one of this version, or it is cut off");
        var body = file[..^tail];
        var end = file[^tail..];
        if (!end.StartsWith(End) || !end.EndsWith(Tail))
            throw new MalformedException(Name, "it is cut off, or has bytes behind its end");
        if (!end.Slice(End.Length, HashDigits).SequenceEqual(Encoding.ASCII.GetBytes(Hash256.Of(body).ToString())))
            throw new MalformedException(Name, "its bytes are not those that its sum was made of: it was altered after it was written");
        try
        {
            var read = JsonSerializer.Deserialize<AuditExport>([(byte)'{', .. body[Start.Length..], (byte)'}'], _json)!;
            return !read.Records.IsDefault && read.Records.Length <= MaxRecords && read.Records.All(one => one is { Proof: null or { IsDefault: false } })
                ? read
                : throw new MalformedException(Name, $"it has no list of at most {MaxRecords} records");
        }
        catch (JsonException malformed)
        {
            throw new MalformedException(Name, $"its JSON is not what belongs there ({malformed.Path})");
        }
    }
}

/// <summary>One record of an export.</summary>
/// <param name="Record">The text of the record: its exact bytes.</param>
/// <param name="Proof">Its inclusion proof under the exported root, hashes in hexadecimal, lowest first; null within a run of records, whose first and last have one.</param>
public sealed record ExportedRecord(string Record, ImmutableArray<string>? Proof = null);
