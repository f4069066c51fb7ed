using System.Text;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class LogEntryTests
{
    private static readonly Manifest Manifest = SampleRecords.Manifest();

    [Fact]
    public void Anchor_OfAManifest_IsTheseBytes()
    {
        var bytes = Manifest.Encode();
        Assert.Equal(
            $"""
            lucid.anchor/1
            {Manifest.Session}
            {Manifest.Recorder.Key}
            {Hash256.Of(bytes)}
            {Manifest.SessionRoot}
            {Hash256.Of(Encoding.UTF8.GetBytes($"lucid.owner/1\n{Manifest.OwnerSalt}\nlocal\n"))}
            1769860800000
            3

            """,
            Encoding.UTF8.GetString(Anchor.Of(Manifest, bytes).Encode()));
    }

    [Fact]
    public void Parse_WhatWasEncoded_IsTheSameEntry()
    {
        var anchor = Anchor.Of(Manifest, Manifest.Encode());
        var erasure = new Erasure(anchor.Session, anchor.Recorder, anchor.ManifestHash, 1_770_000_000_123);
        Assert.Equal(anchor, LogEntry.Parse(anchor.Encode()));
        Assert.Equal(erasure, LogEntry.Parse(erasure.Encode()));
    }

    [Fact]
    public void Parse_ByTheLedger_AgreesWithUs()
    {
        var anchor = Anchor.Of(Manifest, Manifest.Encode());
        var erasure = new Erasure(anchor.Session, anchor.Recorder, anchor.ManifestHash, 0);
        foreach (var entry in new LogEntry[] { anchor, erasure })
        {
            var ledger = LedgerEntry.Parse(entry.Encode());
            Assert.Equal(entry.Encode(), ledger.Bytes.ToArray());
            Assert.Equal((entry.Session, entry.Recorder), (ledger.Session, ledger.Recorder));
        }
    }

    [Fact]
    public void Parse_AnyByteMoreOrLess_IsRefused()
    {
        var bytes = Anchor.Of(Manifest, Manifest.Encode()).Encode();
        Assert.Throws<MalformedException>(() => LogEntry.Parse([.. bytes, (byte)'\n']));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<MalformedException>(() => LogEntry.Parse(bytes.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    public void OwnerCommitment_OfWhatFitsNoLine_IsRefused(string owner) =>
        Assert.Throws<ArgumentException>(() => OwnerCommitment.Of(Hash256.Zero, owner));

    [Fact]
    public void OwnerCommitment_OfHalfACharacter_IsRefused() =>
        Assert.Throws<ArgumentException>(() => OwnerCommitment.Of(Hash256.Zero, "\ud800"));
}
