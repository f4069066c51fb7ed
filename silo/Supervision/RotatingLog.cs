namespace Lucid.Silo.Supervision;

/// <summary>
/// What a program says, line by line. A log of 1 MiB is put aside, in the place of the one put aside before: a cluster that runs for years
/// must not fill the disk with what it says.
/// </summary>
/// <param name="path">Made with its first line.</param>
internal sealed class RotatingLog(string path, long mostBytes = RotatingLog.MostBytes) : IDisposable
{
    public const long MostBytes = 1 << 20;

    private readonly Lock _writing = new();
    // Owned by whoever holds the lock.
    private StreamWriter? _file;
    private long _bytes;

    public string Path => path;

    /// <summary>Writes a line, so that whoever looks sees it.</summary>
    public void Append(string line)
    {
        lock (_writing)
        {
            try
            {
                if (_file is null || _bytes >= mostBytes)
                    Open();
                _file!.WriteLine(line);
                _file.Flush();
                _bytes += System.Text.Encoding.UTF8.GetByteCount(line) + 1;
            }
            // A full disk is what the nodes themselves speak of; it must not keep us from starting and stopping them.
            catch (IOException)
            {
                _file = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_writing)
            _file?.Dispose();
    }

    private void Open()
    {
        _file?.Dispose();
        _file = null;
        var old = new FileInfo(path);
        if (old.Exists && old.Length >= mostBytes)
            old.MoveTo($"{path}.1", overwrite: true);
        _file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete));
        _bytes = new FileInfo(path).Length;
    }
}
