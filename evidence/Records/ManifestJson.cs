using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Records;

/// <summary>
/// The text of a manifest. Written by hand rather than by a serialiser, because a manifest that was valid must stay valid under every
/// later version of the libraries, escapes and white space included.
/// </summary>
internal static class ManifestJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static byte[] Write(Manifest manifest)
    {
        var text = new StringBuilder(2048);
        text.Append("{\n");
        Field(text, "format", Manifest.Format);
        Field(text, "network", manifest.Network.ToString());
        Field(text, "session", manifest.Session.ToString("D"));
        Field(text, "owner", manifest.Owner);
        Field(text, "owner_salt", manifest.OwnerSalt.ToString());
        Field(text, "started_at", Time(manifest.StartedAt));
        Field(text, "ended_at", Time(manifest.EndedAt));
        text.Append("  \"recorder\": {\n");
        Field(text, "  name", manifest.Recorder.Name);
        Field(text, "  key", manifest.Recorder.Key.ToString());
        Field(text, "  software", manifest.Recorder.Software, last: true);
        text.Append("  },\n");
        Field(text, "policy_hash", manifest.PolicyHash.ToString());
        Field(text, "outcome", manifest.Outcome == SessionOutcome.Closed ? "closed" : "interrupted");
        Field(text, "continues", manifest.Continues?.ToString("D"));
        Field(text, "leaf_count", manifest.LeafCount);
        Field(text, "chunk_count", manifest.ChunkCount);
        Field(text, "gap_count", manifest.GapCount);
        Field(text, "plain_bytes", manifest.PlainBytes);
        Field(text, "cipher_bytes", manifest.CipherBytes);
        Field(text, "gap_ms", (ulong)manifest.GapMs);
        Field(text, "duration_ms", (ulong)manifest.DurationMs);
        Field(text, "session_root", manifest.SessionRoot.ToString());
        Field(text, "key_commitment", manifest.KeyCommitment.ToString());
        text.Append("  \"after_block\": {\n");
        Field(text, "  height", manifest.AfterBlock.Height);
        Field(text, "  id", manifest.AfterBlock.Id.ToString());
        Field(text, "  time", Time(manifest.AfterBlock.Time), last: true);
        text.Append("  },\n  \"tracks\": [\n");
        for (var i = 0; i < manifest.Tracks.Length; i++)
        {
            var track = manifest.Tracks[i];
            text.Append("    {\n");
            Field(text, "    index", (ulong)track.Index);
            Field(text, "    media_type", track.MediaType);
            Field(text, "    name", track.Name, last: true);
            text.Append(i < manifest.Tracks.Length - 1 ? "    },\n" : "    }\n");
        }
        return Encoding.UTF8.GetBytes(text.Append("  ]\n}\n").ToString());
    }

    public static Manifest Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var fields = new FieldReader(bytes);
            var manifest = ReadFields(ref fields);
            fields.End();
            return manifest;
        }
        catch (JsonException problem)
        {
            throw new MalformedException("manifest", $"not JSON: {problem.Message}");
        }
        catch (InvalidOperationException)
        {
            // What Utf8JsonReader throws for a string that is no Unicode text.
            throw new MalformedException("manifest", "a string is not valid UTF-8");
        }
    }

    private static Manifest ReadFields(ref FieldReader fields)
    {
        fields.Open(JsonTokenType.StartObject);
        if (fields.Text("format") != Manifest.Format)
            throw new MalformedException("manifest", $"format is not '{Manifest.Format}'");
        var network = fields.Hash("network");
        var session = fields.Session("session") ?? throw new MalformedException("manifest", "session is missing");
        var (owner, salt) = (fields.Text("owner"), fields.Hash("owner_salt"));
        var (started, ended) = (fields.Time("started_at"), fields.Time("ended_at"));
        fields.Open("recorder", JsonTokenType.StartObject);
        var recorder = new ManifestRecorder(
            fields.Text("name"), new Ed25519PublicKey(fields.Hash("key").ToArray()), fields.Text("software"));
        fields.Close(JsonTokenType.EndObject);
        var policy = fields.Hash("policy_hash");
        var outcome = fields.Text("outcome") switch
        {
            "closed" => SessionOutcome.Closed,
            "interrupted" => SessionOutcome.Interrupted,
            _ => throw new MalformedException("manifest", "outcome is neither closed nor interrupted"),
        };
        var continues = fields.Session("continues");
        var (leaves, chunks, gaps) = (fields.Number("leaf_count"), fields.Number("chunk_count"), fields.Number("gap_count"));
        var (plain, cipher) = (fields.Number("plain_bytes"), fields.Number("cipher_bytes"));
        var (gapMs, duration) = (fields.Number("gap_ms"), fields.Number("duration_ms"));
        var (root, commitment) = (fields.Hash("session_root"), fields.Hash("key_commitment"));
        fields.Open("after_block", JsonTokenType.StartObject);
        var after = new BlockReference(fields.Number("height"), fields.Hash("id"), fields.Time("time"));
        fields.Close(JsonTokenType.EndObject);
        var tracks = ReadTracks(ref fields);
        fields.Close(JsonTokenType.EndObject);
        return new Manifest
        {
            Network = network,
            Session = session,
            Owner = owner,
            OwnerSalt = salt,
            StartedAt = started,
            EndedAt = ended,
            Recorder = recorder,
            PolicyHash = policy,
            Outcome = outcome,
            Continues = continues,
            LeafCount = leaves,
            ChunkCount = chunks,
            GapCount = gaps,
            PlainBytes = plain,
            CipherBytes = cipher,
            GapMs = (long)gapMs,
            DurationMs = (long)duration,
            SessionRoot = root,
            KeyCommitment = commitment,
            AfterBlock = after,
            Tracks = tracks,
        };
    }

    private static ImmutableArray<ManifestTrack> ReadTracks(ref FieldReader fields)
    {
        fields.Open("tracks", JsonTokenType.StartArray);
        var tracks = ImmutableArray.CreateBuilder<ManifestTrack>();
        while (fields.TryOpen())
        {
            if (tracks.Count > Leaf.MaxTrack)
                throw new MalformedException("manifest", $"tracks has more than {Leaf.MaxTrack + 1} elements");
            var index = fields.Number("index");
            tracks.Add(new ManifestTrack((int)Math.Min(index, int.MaxValue), fields.Text("media_type"), fields.Text("name")));
            fields.Close(JsonTokenType.EndObject);
        }
        return tracks.ToImmutable();
    }

    // A name may begin with the spaces that its depth adds to the indentation.
    private static void Field(StringBuilder text, string name, string? value, bool last = false)
    {
        Name(text, name);
        if (value is null)
        {
            text.Append("null");
        }
        else
        {
            text.Append('"');
            foreach (var character in value)
            {
                if (character is '"' or '\\')
                    text.Append('\\');
                text.Append(character);
            }
            text.Append('"');
        }
        text.Append(last ? "\n" : ",\n");
    }

    private static void Field(StringBuilder text, string name, ulong value)
    {
        Name(text, name);
        text.Append(CultureInfo.InvariantCulture, $"{value},\n");
    }

    private static void Name(StringBuilder text, string name)
    {
        var plain = name.TrimStart(' ');
        text.Append(' ', 2 + name.Length - plain.Length).Append('"').Append(plain).Append("\": ");
    }

    private static string Time(DateTimeOffset time) => time.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Reads the fields in their one order; white space is left to the comparison with what would be written.</summary>
    private ref struct FieldReader(ReadOnlySpan<byte> bytes)
    {
        private Utf8JsonReader _json = new(bytes);

        public void Open(JsonTokenType start) => Expect(start, "");

        public void Open(string name, JsonTokenType start)
        {
            Name(name);
            Expect(start, name);
        }

        /// <summary>The beginning of the next object in an array, or the array's end.</summary>
        public bool TryOpen()
        {
            _json.Read();
            return _json.TokenType switch
            {
                JsonTokenType.StartObject => true,
                JsonTokenType.EndArray => false,
                _ => throw Refuse("an object", "tracks"),
            };
        }

        public void Close(JsonTokenType end) => Expect(end, "");

        public void End()
        {
            if (_json.Read())
                throw Refuse("the end", "");
        }

        public string Text(string name)
        {
            Name(name);
            Expect(JsonTokenType.String, name);
            return _json.GetString()!;
        }

        public Hash256 Hash(string name) =>
            Hash256.TryParse(Text(name), out var hash) ? hash : throw Refuse("64 lower-case hexadecimal digits", name);

        public Guid? Session(string name)
        {
            Name(name);
            _json.Read();
            if (_json.TokenType == JsonTokenType.Null)
                return null;
            return _json.TokenType == JsonTokenType.String && Guid.TryParseExact(_json.GetString(), "D", out var id)
                ? id
                : throw Refuse("a session id, a lower-case UUID with hyphens", name);
        }

        public DateTimeOffset Time(string name) =>
            DateTimeOffset.TryParseExact(
                Text(name), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : throw Refuse("a time like 2026-01-31T12:00:00.000Z", name);

        public ulong Number(string name)
        {
            Name(name);
            Expect(JsonTokenType.Number, name);
            return _json.TryGetUInt64(out var value) && value <= (ulong)Manifest.MaxNumber
                ? value
                : throw Refuse($"a whole number from 0 to {Manifest.MaxNumber}", name);
        }

        private void Name(string name)
        {
            _json.Read();
            if (_json.TokenType != JsonTokenType.PropertyName || !_json.ValueTextEquals(name))
                throw Refuse($"the field '{name}'", "");
        }

        private void Expect(JsonTokenType type, string name)
        {
            _json.Read();
            if (_json.TokenType != type)
                throw Refuse($"{type}", name);
        }

        private readonly MalformedException Refuse(string expected, string name) =>
            new("manifest", $"{(name.Length > 0 ? $"field '{name}', " : "")}byte {_json.TokenStartIndex}: expected {expected}");
    }
}
