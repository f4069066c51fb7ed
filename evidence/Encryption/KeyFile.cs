using System.Security.Cryptography;

namespace Lucid.Evidence.Encryption;

/// <summary>
/// The key file that lets someone read: <c>lucid.key/1\n{session}\n</c>, then either one line <c>session {64 hex}</c> with the session's
/// key, or one line <c>chunk {index} {64 hex}</c> per disclosed chunk, indices ascending. It is secret, and never part of an evidence
/// file. Disposing clears the keys.
/// </summary>
public sealed class KeyFile : IDisposable
{
    /// <summary>The longest file that <see cref="Parse"/> takes, in bytes: some 200,000 chunks.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    private const string Record = "key file";
    private const int SessionTextLength = 36;

    private readonly SessionKey? _sessionKey;
    private readonly SortedDictionary<ulong, byte[]> _chunkKeys;

    private KeyFile(Guid session, SessionKey? sessionKey, SortedDictionary<ulong, byte[]> chunkKeys)
    {
        Session = session;
        _sessionKey = sessionKey;
        _chunkKeys = chunkKeys;
    }

    /// <summary>The session that the keys are of.</summary>
    public Guid Session { get; }

    /// <summary>Whether this opens every chunk of the session.</summary>
    public bool IsWhole => _sessionKey is not null;

    /// <summary>The session's key, owned by this file; null where only chunks are disclosed.</summary>
    public SessionKey? SessionKey => _sessionKey;

    /// <summary>The disclosed chunks, ascending; empty where <see cref="IsWhole"/>.</summary>
    public IReadOnlyCollection<ulong> Chunks => _chunkKeys.Keys;

    /// <summary>A file that opens the whole session. Keeps a copy of the key.</summary>
    public static KeyFile ForSession(Guid session, SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var copy = key.Export();
        var file = new KeyFile(session, new SessionKey(copy), []);
        CryptographicOperations.ZeroMemory(copy);
        return file;
    }

    /// <summary>A file that opens some chunks and no other.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="key">The session's key; not kept.</param>
    /// <param name="chunks">Indices in any order, at least one.</param>
    /// <exception cref="ArgumentException">No chunk.</exception>
    public static KeyFile ForChunks(Guid session, SessionKey key, IEnumerable<ulong> chunks)
    {
        ArgumentNullException.ThrowIfNull(key);
        var keys = new SortedDictionary<ulong, byte[]>();
        foreach (var index in chunks)
            keys[index] = key.ChunkKey(session, index);
        if (keys.Count == 0)
            throw new ArgumentException("A key file opens at least one chunk.", nameof(chunks));
        return new KeyFile(session, null, keys);
    }

    /// <summary>The key of one chunk, which the caller clears; null where this file does not open it.</summary>
    public byte[]? ChunkKey(ulong index) =>
        _sessionKey is not null ? _sessionKey.ChunkKey(Session, index)
        : _chunkKeys.TryGetValue(index, out var key) ? [.. key]
        : null;

    /// <summary>Reads a key file. What <see cref="ToBytes"/> would not have written is refused; the message never shows a key.</summary>
    /// <exception cref="MalformedException">Anything else.</exception>
    public static KeyFile Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new MalformedException(Record, $"{bytes.Length} bytes are more than the {MaxLength} that a key file may have");
        var reader = new RecordReader(Record, bytes);
        // The reader shows a line that it refuses; these two must not be key lines that stand where they do not belong.
        if (!reader.Line().SequenceEqual("lucid.key/1"u8))
            throw new MalformedException(Record, "line 1: expected 'lucid.key/1'");
        var ahead = reader;
        if (ahead.Line().Length != SessionTextLength)
            throw new MalformedException(Record, "line 2: expected a session id, a lower-case UUID with hyphens");
        var session = reader.Session();
        var keys = new SortedDictionary<ulong, byte[]>();
        var previous = 0UL;
        for (var line = 3; line == 3 || !reader.AtEnd; line++)
        {
            var text = reader.Line();
            if (line == 3 && text.StartsWith("session "u8))
            {
                var key = ParseKey(text["session ".Length..], line);
                reader.End();
                var file = new KeyFile(session, new SessionKey(key), []);
                CryptographicOperations.ZeroMemory(key);
                return file;
            }
            var (index, chunkKey) = ParseChunk(text, line);
            if (keys.Count > 0 && index <= previous)
                throw new MalformedException(Record, $"line {line}: chunk {index} does not come after the chunk before it; indices ascend");
            keys.Add(index, chunkKey);
            previous = index;
        }
        return new KeyFile(session, null, keys);
    }

    /// <summary>The file's bytes, which are secret: the caller clears them.</summary>
    public byte[] ToBytes()
    {
        var writer = new RecordWriter().Line("lucid.key/1"u8).Line(Session);
        if (_sessionKey is not null)
        {
            var key = _sessionKey.Export();
            writer.Line($"session {Convert.ToHexStringLower(key)}");
            CryptographicOperations.ZeroMemory(key);
        }
        foreach (var (index, key) in _chunkKeys)
            writer.Line($"chunk {index} {Convert.ToHexStringLower(key)}");
        return writer.ToArray();
    }

    public void Dispose()
    {
        _sessionKey?.Dispose();
        foreach (var key in _chunkKeys.Values)
            CryptographicOperations.ZeroMemory(key);
    }

    private static (ulong Index, byte[] Key) ParseChunk(ReadOnlySpan<byte> line, int number)
    {
        var rest = line.StartsWith("chunk "u8) ? line["chunk ".Length..] : [];
        var space = rest.IndexOf((byte)' ');
        if (space < 0)
            throw Expected(number);
        // The canonical text of the number has to be the one that stands there: no sign, no leading zero.
        Span<byte> again = stackalloc byte[20];
        if (!ulong.TryParse(rest[..space], out var index) || !index.TryFormat(again, out var written) ||
            !rest[..space].SequenceEqual(again[..written]))
            throw Expected(number);
        return (index, ParseKey(rest[(space + 1)..], number));
    }

    private static byte[] ParseKey(ReadOnlySpan<byte> hex, int number)
    {
        var key = new byte[SessionKey.Size];
        if (hex.Length != 2 * key.Length || hex.ContainsAnyInRange((byte)'A', (byte)'F') ||
            Convert.FromHexString(hex, key, out _, out _) != System.Buffers.OperationStatus.Done)
            throw Expected(number);
        return key;
    }

    private static MalformedException Expected(int line) => new(
        Record, line == 3
            ? "line 3: expected 'session' or 'chunk <index>', and a key of 64 lower-case hexadecimal digits"
            : $"line {line}: expected 'chunk <index>' and a key of 64 lower-case hexadecimal digits");
}
