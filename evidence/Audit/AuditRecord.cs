using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Audit;

/// <summary>
/// One line of the audit log, in its place. The log is one RFC 6962 tree over these bytes, and each record names the hash of the one before:
/// <c>lucid.audit/1\n&lt;network&gt;\n&lt;index&gt;\n&lt;SHA-256 of the record before&gt;\n&lt;unix ms&gt;\n&lt;kind&gt;\n&lt;action&gt;\n&lt;severity&gt;\n&lt;actor&gt;\n&lt;role&gt;\n&lt;resource&gt;\n&lt;outcome&gt;\n&lt;address&gt;\n&lt;request
/// id&gt;\n&lt;user agent&gt;\n&lt;details JSON&gt;\n</c>. Actor, role, resource, address, request id and user agent may be empty lines. Details are a JSON
/// object of texts with its names in ordinal order, without white space, and every character that is not printable ASCII escaped.
/// </summary>
/// <param name="Network">The network whose ledger holds the log's roots.</param>
/// <param name="Index">From 0, without holes.</param>
/// <param name="Previous">SHA-256 of the bytes of the record before; zeros for the first.</param>
public sealed record AuditRecord(Hash256 Network, long Index, Hash256 Previous, AuditEvent Event)
{
    /// <summary>No record is longer.</summary>
    public const int MaxBytes = 4096;

    private const string Name = "audit record";
    private const int MaxUserAgentBytes = 4 * AuditEvent.MaxUserAgent;

    internal static ReadOnlySpan<byte> Kind => "lucid.audit/1"u8;

    /// <summary>The record's bytes: what the tree hashes.</summary>
    /// <exception cref="MalformedException">A field is longer than it may be, or holds what no line can hold.</exception>
    public byte[] Encode()
    {
        var one = Event;
        var bytes = new RecordWriter().Line(Kind).Line(Network).Line(Index).Line(Previous).Line(one.TimeMs)
            .Line(EnumWords.Of(one.Kind)).Line(Checked(one.Action)).Line(EnumWords.Of(one.Severity))
            .Line(Checked(one.Actor)).Line(Checked(one.Role)).Line(Checked(one.Resource)).Line(EnumWords.Of(one.Outcome))
            .Line(Checked(one.Address)).Line(Checked(one.RequestId)).Line(Checked(one.UserAgent)).Line(Write(one.Details)).ToArray();
        // By the reader's own rules, so that nothing is ever appended that cannot be read again.
        Parse(bytes);
        return bytes;
    }

    /// <summary>The hash of a record in the log's tree.</summary>
    public static Hash256 LeafHash(ReadOnlySpan<byte> record) => MerkleHash.Leaf(record);

    /// <summary>Reads exactly one record.</summary>
    /// <exception cref="MalformedException">These are not the bytes of one as <see cref="Encode"/> writes it.</exception>
    public static AuditRecord Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new MalformedException(Name, $"it has {bytes.Length} bytes; none has more than {MaxBytes}");
        var reader = new RecordReader(Name, bytes);
        reader.Literal(Kind);
        var network = reader.Hash("the network's id");
        var index = reader.Number("the index");
        var previous = reader.Hash("the hash of the record before");
        if (index == 0 && previous != Hash256.Zero)
            throw new MalformedException(Name, "the first record names one before it");
        var found = new AuditEvent
        {
            TimeMs = reader.Number("the time in ms", DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()),
            Kind = Word<AuditKind>(ref reader, "a kind"),
            Action = Action(ref reader),
            Severity = Word<AuditSeverity>(ref reader, "a severity"),
            Actor = reader.TextOrNothing(AuditEvent.MaxName, "the actor"),
            Role = reader.TextOrNothing(AuditEvent.MaxWord, "the role"),
            Resource = reader.TextOrNothing(AuditEvent.MaxName, "the resource"),
            Outcome = Word<AuditOutcome>(ref reader, "an outcome"),
            Address = reader.TextOrNothing(AuditEvent.MaxWord, "the address"),
            RequestId = reader.TextOrNothing(AuditEvent.MaxWord, "the request's id"),
            UserAgent = reader.TextOrNothing(MaxUserAgentBytes, "the user agent"),
            Details = Details(ref reader),
        };
        if (found.UserAgent.Length > AuditEvent.MaxUserAgent)
            throw new MalformedException(Name, $"the user agent has {found.UserAgent.Length} characters; {AuditEvent.MaxUserAgent} is the most");
        reader.End();
        return new AuditRecord(network, index, previous, found);
    }

    private static T Word<T>(ref RecordReader reader, string what) where T : struct, Enum
    {
        var word = reader.Text(AuditEvent.MaxWord, what);
        return EnumWords.Read<T>(word) ?? throw reader.Refuse(what, Encoding.UTF8.GetBytes(word));
    }

    private static string Action(ref RecordReader reader)
    {
        var action = reader.Text(AuditEvent.MaxWord, "the action");
        return action.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
            ? action
            : throw reader.Refuse("an action of lower-case letters, digits and underscores", Encoding.UTF8.GetBytes(action));
    }

    private static ImmutableDictionary<string, string> Details(ref RecordReader reader)
    {
        var line = reader.Line();
        if (line.Length > AuditEvent.MaxDetails)
            throw reader.Refuse($"details of at most {AuditEvent.MaxDetails} bytes", line);
        ImmutableDictionary<string, string>? details;
        try
        {
            details = JsonSerializer.Deserialize<ImmutableDictionary<string, string>>(line);
        }
        catch (JsonException)
        {
            throw reader.Refuse("details, a JSON object of texts", line);
        }
        // One encoding each, so that no byte can be altered without altering what is said.
        return details is not null && details.Values.All(value => value is not null) && line.SequenceEqual(Encoding.UTF8.GetBytes(Write(details)))
            ? details
            : throw reader.Refuse("details in their one encoding", line);
    }

    private static string Write(ImmutableDictionary<string, string> details) =>
        JsonSerializer.Serialize(new SortedDictionary<string, string>(details, StringComparer.Ordinal));

    private static string Checked(string text) => text.Any(char.IsControl)
        ? throw new MalformedException(Name, "a field holds a control character; clean it before it is recorded")
        : text;
}
