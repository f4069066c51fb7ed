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
    private ITimer? _timer;

    public NodeLife(DataFolder folder, TimeProvider clock)
    {
        _clock = clock;
        _file = new FileStream(folder.Alive, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        var (last, now) = (ReadLast() ?? DateTimeOffset.UnixEpoch, clock.GetUtcNow());
        LastDown = last < now ? new DownTime(last, now) : null;
    }

    /// <summary>From the last sign of life to this start, from the epoch where there is none; null where the clock was set back before it.</summary>
    public DownTime? LastDown { get; }

    /// <summary>
    /// The node is up: writes from now on. Not before, because a node that dies while it starts has not told every session of the last
    /// outage, and the next start is to see it still.
    /// </summary>
    public void Start()
    {
        lock (_file)
        {
            // A start that failed closes the node, perhaps while it was still waking its sessions.
            if (!_file.CanWrite)
                return;
            Beat(flush: true);
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

    private void Beat(bool flush = false)
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
                if (flush)
                    _file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                // A disk that takes nothing any more: the next outage then begins at the last beat that it took.
            }
        }
    }

    private static byte[] CrcOf(ReadOnlySpan<byte> time) => Encoding.ASCII.GetBytes(Crc32.Of(time).ToString("x8", CultureInfo.InvariantCulture));
}
