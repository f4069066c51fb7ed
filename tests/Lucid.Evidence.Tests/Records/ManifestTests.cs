using System.Text;
using System.Text.Json;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class ManifestTests
{
    private static string Text(Manifest manifest) => Encoding.UTF8.GetString(manifest.Encode());

    [Fact]
    public void Encode_AManifest_IsTheseBytes() =>
        Assert.Equal(
            $$"""
            {
              "format": "lucid.manifest/1",
              "network": "3009be769fb8f956e8413ee9f3e0836e34968bc40457d0a10c549d2edcf00cc1",
              "session": "0199c0de-1234-7abc-8def-0123456789ab",
              "owner": "local",
              "owner_salt": "63479ad69a090b258277ec8fba6f99419a2ffb248981510657c944ccd1148e97",
              "started_at": "2026-01-31T12:00:00.000Z",
              "ended_at": "2026-01-31T12:01:02.345Z",
              "recorder": {
                "name": "alpha",
                "key": "{{SampleRecords.Key("recorder").PublicKey}}",
                "software": "lucid 0.1.0"
              },
              "policy_hash": "0000000000000000000000000000000000000000000000000000000000000000",
              "outcome": "closed",
              "continues": null,
              "leaf_count": 3,
              "chunk_count": 2,
              "gap_count": 1,
              "plain_bytes": 2000000,
              "cipher_bytes": 1900000,
              "gap_ms": 6500,
              "duration_ms": 62345,
              "session_root": "386fc99a6b3ac2b1c7e7b7ad1a6a90beddad291e9bb83d1e226a121e09c90767",
              "key_commitment": "0e44885bd5e22ef37c9ff0c9c567b7de5ce406bbe62318d3f2d2a7e9c7da43e2",
              "after_block": {
                "height": 7,
                "id": "40572d2357d261b7add0bd7c252cddad8b17d340751cc4c1a971100c1fa6c196",
                "time": "2026-01-31T12:00:55.001Z"
              },
              "tracks": [
                {
                  "index": 0,
                  "media_type": "application/octet-stream",
                  "name": "picture.bin"
                },
                {
                  "index": 1,
                  "media_type": "application/x-asciicast",
                  "name": ""
                }
              ]
            }

            """,
            Text(SampleRecords.Manifest()));

    [Fact]
    public void Encode_AManifest_IsJsonForEveryReader()
    {
        using var json = JsonDocument.Parse(SampleRecords.Manifest().Encode());
        Assert.Equal("local", json.RootElement.GetProperty("owner").GetString());
        Assert.Equal(7, json.RootElement.GetProperty("after_block").GetProperty("height").GetInt32());
    }

    [Fact]
    public void Parse_WhatWasEncoded_IsTheSameManifest()
    {
        var manifest = SampleRecords.Manifest() with
        {
            Owner = "Zoë \"the\" \\ 日本 🎥",
            Outcome = SessionOutcome.Interrupted,
            Continues = Guid.Parse("0199c0de-0000-7abc-8def-0123456789ab"),
            Tracks = [new ManifestTrack(255, "text/plain; charset=utf-8", "résumé.txt")],
        };
        var again = Manifest.Parse(manifest.Encode());
        Assert.Equal(manifest.Tracks, again.Tracks);
        Assert.Equal(manifest, again with { Tracks = manifest.Tracks });
    }

    [Fact]
    public void Parse_AnyByteTakenOut_IsRefusedOrAnotherManifest()
    {
        var bytes = SampleRecords.Manifest().Encode();
        for (var at = 0; at < bytes.Length; at++)
        {
            byte[] cut = [.. bytes[..at], .. bytes[(at + 1)..]];
            try
            {
                Assert.Equal(cut, Manifest.Parse(cut).Encode());
            }
            catch (MalformedException)
            {
            }
        }
    }

    [Fact]
    public void Parse_AnyByteFlipped_IsRefusedOrAnotherManifest()
    {
        var bytes = SampleRecords.Manifest().Encode();
        for (var at = 0; at < bytes.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[at] ^= (byte)(1 << bit);
                try
                {
                    Assert.Equal(bytes, Manifest.Parse(bytes).Encode());
                }
                catch (MalformedException)
                {
                }
                bytes[at] ^= (byte)(1 << bit);
            }
        }
    }

    [Theory]
    [InlineData("lucid.manifest/1", "lucid.manifest/2")]
    [InlineData("\"local\"", "\"\"")]
    [InlineData("\"local\"", "\"lo\\u0063al\"")]
    [InlineData("\"local\"", "\"lo\\ncal\"")]
    [InlineData("\"local\"", "\"\\ud800\"")]
    [InlineData("\"local\"", "null")]
    [InlineData("  \"owner\"", "   \"owner\"")]
    [InlineData("\"owner\": \"local\",\n", "\"owner\": \"local\",\n  \"owner\": \"local\",\n")]
    [InlineData("\"chunk_count\": 2", "\"chunk_count\": 3")]
    [InlineData("\"chunk_count\": 2", "\"chunk_count\": 2.0")]
    [InlineData("\"plain_bytes\": 2000000", "\"plain_bytes\": 9007199254740992")]
    [InlineData("\"alpha\"", "\"al pha\"")]
    [InlineData("\"closed\"", "\"open\"")]
    [InlineData("12:00:00.000Z", "12:00:00Z")]
    [InlineData("12:00:00.000Z", "12:00:00.000+00:00")]
    [InlineData("12:01:02.345Z", "11:59:59.999Z")]
    [InlineData("\"height\": 7", "\"height\": 0")]
    [InlineData("\"index\": 1", "\"index\": 0")]
    [InlineData("\"index\": 1", "\"index\": 256")]
    [InlineData("application/x-asciicast", "asciicast")]
    [InlineData("}\n", "}")]
    [InlineData("  ]\n}\n", "  ]\n}\n\n")]
    public void Parse_WhatNobodyWouldWrite_IsRefused(string part, string altered)
    {
        var text = Text(SampleRecords.Manifest());
        Assert.Contains(part, text);
        Assert.Throws<MalformedException>(() => Manifest.Parse(Encoding.UTF8.GetBytes(text.Replace(part, altered))));
    }

    [Fact]
    public void Encode_ValuesOutOfRange_IsABug()
    {
        var manifest = SampleRecords.Manifest();
        foreach (var wrong in new[]
        {
            manifest with { Owner = new string('x', 257) },
            manifest with { StartedAt = manifest.StartedAt.AddTicks(1) },
            manifest with { EndedAt = manifest.EndedAt.ToOffset(TimeSpan.FromHours(1)) },
            manifest with { LeafCount = 4 },
            manifest with { Continues = manifest.Session },
            manifest with { Tracks = [] },
            manifest with { Recorder = manifest.Recorder with { Name = "a+b" } },
        })
            Assert.Throws<InvalidOperationException>(wrong.Encode);
    }

    [Fact]
    public void Encode_TheLongestTracks_FitTheBound()
    {
        var manifest = SampleRecords.Manifest() with
        {
            Owner = new string('"', 256),
            Tracks = [.. Enumerable.Range(0, 256).Select(i => new ManifestTrack(i, "a/" + new string('"', 125), new string('"', 255)))],
        };
        Assert.InRange(manifest.Encode().Length, 1, Manifest.MaxLength);
        Assert.Equal(256, Manifest.Parse(manifest.Encode()).Tracks.Length);
    }

    [Fact]
    public void WithLeaves_Totals_AreTakenOver()
    {
        var totals = LeafTotals.None.Add(SampleRecords.Chunk(0)).Add(SampleRecords.Gap(1));
        var manifest = SampleRecords.Manifest().WithLeaves(totals, Hash256.Zero);
        Assert.Equal((2UL, 1UL, 1UL), (manifest.LeafCount, manifest.ChunkCount, manifest.GapCount));
        Assert.Equal((totals.PlainBytes, totals.CipherBytes, totals.GapMs, totals.DurationMs),
            (manifest.PlainBytes, manifest.CipherBytes, manifest.GapMs, manifest.DurationMs));
    }
}
