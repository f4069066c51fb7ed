using System.Text;
using Lucid.Evidence.Canonical;
using Lucid.Evidence.Keys;
using static Lucid.Evidence.Canonical.CanonicalJson;

namespace Lucid.Evidence.Records;

/// <summary>The text of a manifest.</summary>
internal static class ManifestJson
{
    public static byte[] Write(Manifest manifest)
    {
        var text = new StringBuilder(2048);
        text.Append("{\n");
        text.Field(1, "format", Quoted(Manifest.Format));
        text.Field(1, "network", Quoted(manifest.Network.ToString()));
        text.Field(1, "session", Quoted(manifest.Session.ToString("D")));
        text.Field(1, "owner", Quoted(manifest.Owner));
        text.Field(1, "owner_salt", Quoted(manifest.OwnerSalt.ToString()));
        text.Field(1, "started_at", Time(manifest.StartedAt));
        text.Field(1, "ended_at", Time(manifest.EndedAt));
        text.Append("  \"recorder\": {\n");
        text.Field(2, "name", Quoted(manifest.Recorder.Name));
        text.Field(2, "key", Quoted(manifest.Recorder.Key.ToString()));
        text.Field(2, "software", Quoted(manifest.Recorder.Software), last: true);
        text.Append("  },\n");
        text.Field(1, "policy_hash", Quoted(manifest.PolicyHash.ToString()));
        text.Field(1, "outcome", Quoted(manifest.Outcome == SessionOutcome.Closed ? "closed" : "interrupted"));
        text.Field(1, "continues", manifest.Continues is { } before ? Quoted(before.ToString("D")) : "null");
        text.Field(1, "leaf_count", Number(manifest.LeafCount));
        text.Field(1, "chunk_count", Number(manifest.ChunkCount));
        text.Field(1, "gap_count", Number(manifest.GapCount));
        text.Field(1, "plain_bytes", Number(manifest.PlainBytes));
        text.Field(1, "cipher_bytes", Number(manifest.CipherBytes));
        text.Field(1, "gap_ms", Number(manifest.GapMs));
        text.Field(1, "duration_ms", Number(manifest.DurationMs));
        text.Field(1, "session_root", Quoted(manifest.SessionRoot.ToString()));
        text.Field(1, "key_commitment", Quoted(manifest.KeyCommitment.ToString()));
        text.Append("  \"after_block\": {\n");
        text.Field(2, "height", Number(manifest.AfterBlock.Height));
        text.Field(2, "id", Quoted(manifest.AfterBlock.Id.ToString()));
        text.Field(2, "time", Time(manifest.AfterBlock.Time), last: true);
        text.Append("  },\n  \"tracks\": [\n");
        for (var i = 0; i < manifest.Tracks.Length; i++)
        {
            var track = manifest.Tracks[i];
            text.Append("    {\n");
            text.Field(3, "index", Number(track.Index));
            text.Field(3, "media_type", Quoted(track.MediaType));
            text.Field(3, "name", Quoted(track.Name), last: true);
            text.Append(i < manifest.Tracks.Length - 1 ? "    },\n" : "    }\n");
        }
        return Encoding.UTF8.GetBytes(text.Append("  ]\n}\n").ToString());
    }

    public static Manifest Read(ReadOnlySpan<byte> bytes) => FieldReader.ReadAll("manifest", bytes, ReadFields);

    private static Manifest ReadFields(ref FieldReader fields)
    {
        if (fields.Text("format") != Manifest.Format)
            throw new MalformedException("manifest", $"format is not '{Manifest.Format}'");
        // In the order of the text, which is the order that an initialiser runs in.
        return new Manifest
        {
            Network = fields.Hash("network"),
            Session = fields.Id("session"),
            Owner = fields.Text("owner"),
            OwnerSalt = fields.Hash("owner_salt"),
            StartedAt = fields.Time("started_at"),
            EndedAt = fields.Time("ended_at"),
            Recorder = fields.Object("recorder", ReadRecorder),
            PolicyHash = fields.Hash("policy_hash"),
            Outcome = fields.Text("outcome") switch
            {
                "closed" => SessionOutcome.Closed,
                "interrupted" => SessionOutcome.Interrupted,
                _ => throw new MalformedException("manifest", "outcome is neither closed nor interrupted"),
            },
            Continues = fields.IdOrNull("continues"),
            LeafCount = (ulong)fields.Number("leaf_count"),
            ChunkCount = (ulong)fields.Number("chunk_count"),
            GapCount = (ulong)fields.Number("gap_count"),
            PlainBytes = (ulong)fields.Number("plain_bytes"),
            CipherBytes = (ulong)fields.Number("cipher_bytes"),
            GapMs = fields.Number("gap_ms"),
            DurationMs = fields.Number("duration_ms"),
            SessionRoot = fields.Hash("session_root"),
            KeyCommitment = fields.Hash("key_commitment"),
            AfterBlock = fields.Object("after_block", static (ref FieldReader fields) => new BlockReference((ulong)fields.Number("height"), fields.Hash("id"), fields.Time("time"))),
            Tracks = fields.Objects("tracks", Leaf.MaxTrack + 1, ReadTrack),
        };
    }

    private static ManifestRecorder ReadRecorder(ref FieldReader fields) =>
        new(fields.Text("name"), new Ed25519PublicKey(fields.Hash("key").ToArray()), fields.Text("software"));

    private static ManifestTrack ReadTrack(ref FieldReader fields) =>
        new((int)Math.Min(fields.Number("index"), int.MaxValue), fields.Text("media_type"), fields.Text("name"));
}
