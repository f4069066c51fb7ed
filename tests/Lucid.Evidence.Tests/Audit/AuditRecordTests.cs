using System.Text;
using Lucid.Evidence.Audit;

namespace Lucid.Evidence.Tests.Audit;

public sealed class AuditRecordTests
{
    private static readonly AuditRecord _record = new(Hash256.Zero, 0, Hash256.Zero, SampleAudit.Event(7));

    [Fact]
    public void Encode_ARecord_IsTheseBytes() => Assert.Equal(
        $$"""
        lucid.audit/1
        {{Hash256.Zero}}
        0
        {{Hash256.Zero}}
        1769817600007
        user_management
        user_suspend
        warning
        TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB
        admin
        user/7
        success
        192.0.2.1
        0190b2f0-0000-7000-8000-000000000001
        curl/8 (ä)
        {"code":"\u00E9","role":"user"}

        """,
        Encoding.UTF8.GetString(_record.Encode()));

    [Fact]
    public void Parse_WhatWasEncoded_IsTheSame_AlsoWithoutAnActor()
    {
        foreach (var record in new[] { _record, _record with { Index = 5, Previous = Hash256.Of([1]), Event = Bare() } })
            Assert.Equal(record.Encode(), AuditRecord.Parse(record.Encode()).Encode());
        Assert.Equal("user", AuditRecord.Parse(_record.Encode()).Event.Details["role"]);
    }

    [Fact]
    public void Parse_AnyFlippedByte_IsRefusedOrAnotherRecord()
    {
        var bytes = _record.Encode();
        for (var i = 0; i < bytes.Length; i++)
        {
            byte[] altered = [.. bytes];
            altered[i] ^= 1;
            try
            {
                Assert.NotEqual(bytes, AuditRecord.Parse(altered).Encode());
                Assert.Equal(altered, AuditRecord.Parse(altered).Encode());
            }
            catch (MalformedException)
            {
                // Refused, which is as good.
            }
        }
    }

    [Fact]
    public void Parse_AnyByteMoreOrLess_IsRefused()
    {
        var bytes = _record.Encode();
        Assert.Throws<MalformedException>(() => AuditRecord.Parse([.. bytes, (byte)'\n']));
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<MalformedException>(() => AuditRecord.Parse(bytes.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("{\"role\":\"user\",\"code\":\"\\u00E9\"}")]
    [InlineData("{\"code\":\"\\u00e9\",\"role\":\"user\"}")]
    [InlineData("{ \"code\":\"\\u00E9\",\"role\":\"user\"}")]
    [InlineData("{\"code\":null,\"role\":\"user\"}")]
    [InlineData("{\"code\":1}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public void Parse_DetailsInAnotherSpelling_AreRefused(string details)
    {
        var text = Encoding.UTF8.GetString(_record.Encode()).Replace("{\"code\":\"\\u00E9\",\"role\":\"user\"}", details, StringComparison.Ordinal);
        Assert.Throws<MalformedException>(() => AuditRecord.Parse(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Encode_WhatNoLineHolds_IsRefused()
    {
        AuditEvent[] unfit =
        [
            Bare() with { Actor = "two\nlines" }, Bare() with { UserAgent = "\u0007" }, Bare() with { UserAgent = new string('a', 257) }, Bare() with { Action = "Not_lower" },
            Bare() with { Action = "" }, Bare() with { Resource = new string('a', 257) }, Bare() with { TimeMs = long.MaxValue },
            Bare() with { Details = Bare().Details.Add("long", new string('a', AuditEvent.MaxDetails)) },
        ];
        foreach (var one in unfit)
            Assert.Throws<MalformedException>(() => new AuditRecord(Hash256.Zero, 0, Hash256.Zero, one).Encode());
        Assert.Throws<MalformedException>(() => new AuditRecord(Hash256.Zero, 0, Hash256.Of([1]), Bare()).Encode());
    }

    [Theory]
    [InlineData("a\r\nb", 10, "a??b")]
    [InlineData("äöü", 4, "äö")]
    [InlineData(null, 10, "")]
    public void Clean_AnyText_FitsALine(string? text, int bytes, string clean) => Assert.Equal(clean, AuditEvent.Clean(text, bytes));

    // In code, since an attribute cannot hold half a character.
    [Fact]
    public void Clean_HalfACharacter_IsReplaced() => Assert.Equal("a\ufffd", AuditEvent.Clean("a\ud800", 10));

    private static AuditEvent Bare() => new() { TimeMs = 1, Kind = AuditKind.Authentication, Action = "login_refused", Outcome = AuditOutcome.Refused };
}
