using Lucid.Cli.Output;

namespace Lucid.Cli.Recording;

/// <param name="Name">What people call it: a file's name, a command.</param>
/// <param name="Open">Opens it where the first byte is.</param>
/// <param name="Length">Its bytes, where they are known.</param>
/// <param name="Repeatable">Whether opening it again gives the same bytes again, so that it can be resumed: a file, not a pipe.</param>
internal sealed record RecordingSource(string Name, string MediaType, Func<Stream> Open, long? Length, bool Repeatable)
{
    private const string Bytes = "application/octet-stream";
    private const string Asciicast = "application/x-asciicast";

    /// <exception cref="CliException">There is no such file, or it may not be read.</exception>
    public static RecordingSource File(string path)
    {
        try
        {
            var stream = OpenFile(path);
            var seekable = stream.CanSeek;
            var length = seekable && stream.Length > 0 ? stream.Length : (long?)null;
            var name = Path.GetFileName(Path.GetFullPath(path));
            var media = path.EndsWith(".cast", StringComparison.Ordinal) ? Asciicast : Bytes;
            if (!seekable)
                return new RecordingSource(name, media, () => stream, null, Repeatable: false);
            stream.Dispose();
            return new RecordingSource(name, media, () => OpenFile(path), length, Repeatable: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
    }

    public static RecordingSource Pipe(Func<Stream> open) => new("stdin", Bytes, open, null, Repeatable: false);

    public static RecordingSource Terminal(string command, Stream asciicast) =>
        new(command, Asciicast, () => asciicast, null, Repeatable: false);

    private static FileStream OpenFile(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
}
