using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>Whether the disk is above its reserve. Looked at no more than once a second, since every chunk asks.</summary>
public sealed class FreeSpace(DataFolder folder, RecordingOptions options, TimeProvider clock)
{
    private static readonly TimeSpan _freshness = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private long _lookedAt;
    private (bool HasRoom, string Words)? _last;
    private long _promised;

    /// <summary>Bytes that were admitted and are not written yet.</summary>
    public long Promised => Interlocked.Read(ref _promised);

    /// <summary>Whether an exception says that the disk is full: ENOSPC, or its counterpart on Windows.</summary>
    public static bool IsFull(IOException exception) => exception.HResult is 28 or unchecked((int)0x80070070);

    /// <summary>A write found the disk full before a look did: for the next second there is no room, whatever the figures say.</summary>
    public void NoteFull()
    {
        lock (_gate)
        {
            _lookedAt = clock.GetTimestamp();
            _last = (false, "the disk is full");
        }
    }

    /// <summary>Counts bytes that are about to be written as taken, until the result is disposed.</summary>
    public IDisposable Promise(long bytes)
    {
        Interlocked.Add(ref _promised, bytes);
        return new Claim(this, bytes);
    }

    /// <summary>Whether there is room, and the figures in words.</summary>
    public (bool HasRoom, string Words) Look()
    {
        lock (_gate)
        {
            if (_last is { } fresh && clock.GetElapsedTime(_lookedAt) < _freshness)
                return fresh;
            var drive = new DriveInfo(folder.Root);
            var (free, total) = (drive.AvailableFreeSpace - Promised, drive.TotalSize);
            var words = $"{free / (1 << 20)} MiB free of {total / (1 << 20)} MiB, {options.FreeSpaceReserve:P0} are kept free";
            _lookedAt = clock.GetTimestamp();
            _last = (free >= total * options.FreeSpaceReserve, words);
            return _last.Value;
        }
    }

    private sealed class Claim(FreeSpace space, long bytes) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
                Interlocked.Add(ref space._promised, -bytes);
        }
    }
}
