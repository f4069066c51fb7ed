using System.Text;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class AuditRootTests
{
    private static readonly AuditRoot _first = new(new TestNetwork().Recorder.PublicKey, 1, 0, Hash256.Zero, 3, Hash256.Of("root"u8), 1_769_860_800_000);
    private static readonly AuditRoot _second = _first with { Session = AuditRoot.IdOf(2), Number = 2, SizeBefore = 3, RootBefore = _first.Root, Size = 4 };

    [Fact]
    public void Encode_ARoot_IsTheseBytes() => Assert.Equal(
        $"""
        lucid.audit-root/1
        {_first.Recorder}
        2
        3
        {_first.Root}
        4
        {_first.Root}
        1769860800000

        """,
        Encoding.UTF8.GetString(_second.Encode()));

    [Fact]
    public void Parse_WhatWasEncoded_IsTheSame_AlsoForTheLedger()
    {
        foreach (var root in new[] { _first, _second })
        {
            Assert.Equal(root, LogEntry.Parse(root.Encode()));
            var entry = LedgerEntry.Parse(root.Encode());
            Assert.Equal((LedgerEntryKind.AuditRoot, AuditRoot.IdOf(root.Number), root.Recorder), (entry.Kind, entry.Session, entry.Recorder));
            Assert.Equal(root.Number == 1 ? null : AuditRoot.IdOf(root.Number - 1), entry.Follows);
            Assert.InRange(entry.Bytes.Length, LedgerEntry.MinBytes, LedgerEntry.MaxBytes);
        }
    }

    [Fact]
    public void Parse_AnyByteMoreOrLess_IsRefused()
    {
        var bytes = _second.Encode();
        Assert.Throws<MalformedException>(() => LogEntry.Parse([.. bytes, (byte)'\n']));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<MalformedException>(() => LogEntry.Parse(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Parse_ALogThatDoesNotGrow_OrFollowsNothing_IsRefused()
    {
        AuditRoot[] wrong =
        [
            _first with { Number = 0 }, _first with { Number = 2 }, _first with { SizeBefore = 1 }, _first with { RootBefore = Hash256.Of([1]) }, _first with { Size = 0 },
            _second with { Size = 3 }, _second with { Size = 2 }, _second with { SizeBefore = 0 }, _second with { Number = 1 },
        ];
        foreach (var root in wrong)
            Assert.Throws<MalformedException>(() => LogEntry.Parse(root.Encode()));
    }
}
