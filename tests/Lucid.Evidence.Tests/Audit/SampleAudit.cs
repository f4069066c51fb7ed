using System.Collections.Immutable;
using System.Text;
using Lucid.Evidence.Audit;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Audit;

/// <summary>An audit log whose root is in a ledger, both in memory and with real keys.</summary>
public sealed class SampleAudit
{
    private readonly MerkleTree _tree = new();

    /// <param name="keeper">Whose log it is; that of the first validator without one.</param>
    /// <param name="lie">The record in whose place the tree has another one.</param>
    public SampleAudit(int records, TestNetwork? network = null, Ed25519PublicKey? keeper = null, int? lie = null)
    {
        Network = network ?? new TestNetwork();
        var previous = Hash256.Zero;
        for (var i = 0; i < records; i++)
        {
            var record = new AuditRecord(Network.Id, i, previous, Event(i)).Encode();
            previous = Hash256.Of(record);
            _tree.Append(i == lie ? Hash256.Of("another"u8) : AuditRecord.LeafHash(record));
            Records.Add(record);
        }
        Root = new AuditRoot(keeper ?? Network.Validators.Validators[0].Identity, 1, 0, Hash256.Zero, (ulong)records, _tree.Root(), 1_769_817_600_000);
        LogIndex = Network.Commit(Root);
    }

    public TestNetwork Network { get; }

    public List<byte[]> Records { get; } = [];

    public AuditRoot Root { get; }

    public ulong LogIndex { get; }

    public static AuditEvent Event(int number) => new()
    {
        TimeMs = 1_769_817_600_000 + number,
        Kind = AuditKind.UserManagement,
        Action = "user_suspend",
        Severity = AuditSeverity.Warning,
        Actor = "TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB",
        Role = "admin",
        Resource = $"user/{number}",
        Outcome = AuditOutcome.Success,
        Address = "192.0.2.1",
        RequestId = "0190b2f0-0000-7000-8000-000000000001",
        UserAgent = "curl/8 (ä)",
        Details = ImmutableDictionary<string, string>.Empty.Add("role", "user").Add("code", "é"),
    };

    /// <summary>An export of these records, as a node makes it.</summary>
    public AuditExport Export(params int[] indices)
    {
        var (header, certificate, validators) = Network.Latest!.Value;
        return new AuditExport(
            Text(Root.Encode()), Text(Network.Receipt(LogIndex).Encode()), Text(header.Encode()), Text(certificate.Encode()), Text(validators.Encode()),
            [.. indices.Select((index, place) => new ExportedRecord(
                Text(Records[index]), place > 0 && indices[place - 1] == index - 1 && place + 1 < indices.Length && indices[place + 1] == index + 1 ? null : Prove(index)))]);
    }

    public ImmutableArray<string> Prove(int index) => [.. _tree.ProveInclusion((ulong)index).Select(hash => hash.ToString())];

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
