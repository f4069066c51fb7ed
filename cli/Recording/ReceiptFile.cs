using System.Text;

namespace Lucid.Cli.Recording;

/// <summary>
/// The chunk receipts of a recording, one signed note after the other, written as they come: whoever holds them can prove later that a
/// node dropped a chunk it had taken.
/// </summary>
internal sealed class ReceiptFile : IDisposable
{
    private readonly FileStream _file;
    private readonly Lock _writing = new();

    private ReceiptFile(FileStream file) => _file = file;

    /// <param name="append">Keep what is there: earlier parts of the recording, in this session or in one that it continues, left it.</param>
    /// <exception cref="CliException">It cannot be written.</exception>
    public static ReceiptFile Open(string path, bool append)
    {
        try
        {
            return new ReceiptFile(new FileStream(path, append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The receipts file '{path}' cannot be written: {e.Message}", e);
        }
    }

    public void Add(string note)
    {
        var bytes = Encoding.UTF8.GetBytes(note);
        lock (_writing)
            _file.Write(bytes);
    }

    public void Dispose()
    {
        _file.Flush(flushToDisk: true);
        _file.Dispose();
    }
}
