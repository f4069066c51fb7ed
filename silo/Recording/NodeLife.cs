using System.Globalization;
using System.Text;
using Lucid.Evidence.Compression;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// When this node was last alive: a file written every second tells the next start since when it was down. It is flushed once, when the
/// node is up: a killed process leaves it as it is, and after a power cut a few seconds more are called missing than were. Where the file is missing or
/// damaged nobody knows since when the node was down, and everything since a session's last chunk is called missing: too much, never too little.
/// </summary>
public sealed class NodeLife : IDisposable
{
    // The CRC-32 of the time in hexadecimal, and the time in ms since the epoch.
    private const int Crc = 8;
    private const int TimeLength = 20;
    private const int Length = Crc + TimeLength;

    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(1);
    private readonly FileStream _file;
    private readonly TimeProvider _clock;
    private readonly ILogger<NodeLife> _log;
    private readonly Action<FileStream> _flush;
    private readonly DateTimeOffset _last;
    private ITimer? _timer;

    // In UTC ticks; 0 until then.
    private long _readyAt;

    // Owned by whoever holds the file's lock.
    private bool _flushed;
    private bool _refused;

    public NodeLife(DataFolder folder, TimeProvider clock, ILogger<NodeLife> log)
        : this(folder, clock, log, file => file.Flush(flushToDisk: true))
    {
    }

    /// <param name="flush">A disk, for tests one that refuses.</param>
    internal NodeLife(DataFolder folder, TimeProvider clock, ILogger<NodeLife> log, Action<FileStream> flush)
    {
        (_clock, _log, _flush) = (clock, log, flush);
        _file = new FileStream(folder.Alive, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        _last = ReadLast() ?? DateTimeOffset.UnixEpoch;
    }

    /// <summary>
    /// From the last sign of life until the node was ready, or until now while it is not; from the epoch where there is no sign; null where the
    /// clock was set back before it. Whoever asks again once the node is ready hears of the rest.
    /// </summary>
    public DownTime? LastDown
    {
        get
        {
            var readyAt = Volatile.Read(ref _readyAt);
            var end = readyAt == 0 ? _clock.GetUtcNow() : new DateTimeOffset(readyAt, TimeSpan.Zero);
            return _last < end ? new DownTime(_last, end) : null;
        }
    }

    /// <summary>The node takes chunks from now on: the outage is over.</summary>
    public void Ready() => Volatile.Write(ref _readyAt, _clock.GetUtcNow().UtcTicks);

    /// <summary>
    /// Every session was told of the last outage: writes from now on. Not before, because the next start is to see the outage still if the node
    /// dies first. It then sees one outage from the first death to the second start: a session that was told of the first keeps what it
    /// recorded in between, since its gap begins at its last chunk and what is known to be missing is not added twice; one that was not told
    /// is told of all. A disk that refuses does not end the node: it is logged, and the next beat tries again.
    /// </summary>
    public void Start()
    {
        lock (_file)
        {
            // A start that failed closes the node, perhaps while it was still waking its sessions.
            if (!_file.CanWrite)
                return;
            Beat();
            _timer = _clock.CreateTimer(_ => Beat(), null, _beat, _beat);
        }
    }

    public void Dispose()
    {
        lock (_file)
        {
            _timer?.Dispose();
            if (_timer is not null)
                Beat();
            _file.Dispose();
        }
    }

    private DateTimeOffset? ReadLast()
    {
        Span<byte> text = stackalloc byte[Length];
        var read = _file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        return Parse(text[..read]);
    }

    /// <summary>What a beat wrote; null where it is none.</summary>
    internal static DateTimeOffset? Parse(ReadOnlySpan<byte> beat)
    {
        // Before there were checksums, the time stood alone.
        var time = beat.Length == TimeLength ? beat
            : beat.Length == Length && beat[..Crc].SequenceEqual(CrcOf(beat[Crc..])) ? beat[Crc..] : [];
        return long.TryParse(time.TrimEnd((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms < 253402300800000
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;
    }

    private void Beat()
    {
        Span<byte> text = stackalloc byte[Length];
        text.Fill((byte)' ');
        _clock.GetUtcNow().ToUnixTimeMilliseconds().TryFormat(text[Crc..], out _, provider: CultureInfo.InvariantCulture);
        CrcOf(text[Crc..]).CopyTo(text);
        lock (_file)
        {
            if (!_file.CanWrite)
                return;
            try
            {
                _file.Position = 0;
                _file.Write(text);
                if (!_flushed)
                    _flush(_file);
                (_flushed, _refused) = (true, false);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // The next outage then begins at the last beat that the disk took. Said once, not every second.
                if (!_refused)
                    _log.LogError("{File} cannot be written ({Reason}); tried again every second. Until it can, an outage is said to begin earlier than it did", _file.Name, refused.Message);
                _refused = true;
            }
        }
    }

    private static byte[] CrcOf(ReadOnlySpan<byte> time) => Encoding.ASCII.GetBytes(Crc32.Of(time).ToString("x8", CultureInfo.InvariantCulture));
}
