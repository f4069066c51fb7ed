using System.Globalization;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// When this node was last alive: a file written every second tells the next start since when it was down. It is not flushed: a killed
/// process leaves it as it is, and after a power cut a few seconds more are called missing than were.
/// </summary>
public sealed class NodeLife : IDisposable
{
    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(1);
    private readonly FileStream _file;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    public NodeLife(DataFolder folder, TimeProvider clock)
    {
        _clock = clock;
        _file = new FileStream(folder.Alive, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        LastDown = ReadLast() is { } last && last < clock.GetUtcNow() ? new DownTime(last, clock.GetUtcNow()) : null;
        Beat();
        _timer = clock.CreateTimer(_ => Beat(), null, _beat, _beat);
    }

    /// <summary>From the last sign of life to this start; null on the first start of all.</summary>
    public DownTime? LastDown { get; }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_file)
        {
            Beat();
            _file.Dispose();
        }
    }

    private DateTimeOffset? ReadLast()
    {
        Span<byte> text = stackalloc byte[20];
        var read = _file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        return long.TryParse(text[..read].TrimEnd((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms < 253402300800000
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;
    }

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
