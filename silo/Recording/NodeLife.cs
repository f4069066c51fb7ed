using System.Globalization;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// When this node was last alive: a file written every second tells the next start since when it was down. It is flushed once, when the
/// node is up: a killed process leaves it as it is, and after a power cut a few seconds more are called missing than were.
/// </summary>
public sealed class NodeLife : IDisposable
{
    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(1);
    private readonly FileStream _file;
    private readonly TimeProvider _clock;
    private ITimer? _timer;

    public NodeLife(DataFolder folder, TimeProvider clock)
    {
        _clock = clock;
        _file = new FileStream(folder.Alive, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        LastDown = ReadLast() is { } last && last < clock.GetUtcNow() ? new DownTime(last, clock.GetUtcNow()) : null;
    }

    /// <summary>From the last sign of life to this start; null on the first start of all.</summary>
    public DownTime? LastDown { get; }

    /// <summary>
    /// The node is up: writes from now on. Not before, because a node that dies while it starts has not told every session of the last
    /// outage, and the next start is to see it still.
    /// </summary>
    public void Start()
    {
        Beat();
        lock (_file)
            _file.Flush(flushToDisk: true);
        _timer = _clock.CreateTimer(_ => Beat(), null, _beat, _beat);
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_file)
        {
            if (_timer is not null)
                Beat();
            _file.Dispose();
        }
    }

    private DateTimeOffset? ReadLast()
    {
        Span<byte> text = stackalloc byte[20];
        var read = _file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        return Parse(text[..read]);
    }

    /// <summary>What a beat wrote; null where it is none.</summary>
    internal static DateTimeOffset? Parse(ReadOnlySpan<byte> beat) =>
        long.TryParse(beat.TrimEnd((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms < 253402300800000
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;

    private void Beat()
    {
        Span<byte> text = stackalloc byte[20];
        text.Fill((byte)' ');
        _clock.GetUtcNow().ToUnixTimeMilliseconds().TryFormat(text, out _, provider: CultureInfo.InvariantCulture);
        lock (_file)
        {
            if (!_file.CanWrite)
                return;
            _file.Position = 0;
            _file.Write(text);
        }
    }
}
