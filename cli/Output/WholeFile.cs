namespace Lucid.Cli.Output;

/// <summary>Writes files whole or not at all: beside their place first, durable, then moved there.</summary>
internal static class WholeFile
{
    /// <summary>Where a file lies until it is whole.</summary>
    public static string PartOf(string path) => path + ".part";

    /// <param name="write">Writes the content.</param>
    /// <param name="secret">For the owner alone (mode 600).</param>
    /// <exception cref="CliException">The file cannot be written.</exception>
    public static async Task<T> WriteAsync<T>(
        string path, Func<FileStream, CancellationToken, Task<T>> write, CancellationToken cancellation, bool secret = false)
    {
        var part = PartOf(path);
        FileStream file;
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 64 * 1024,
                Options = FileOptions.Asynchronous,
            };
            if (secret && !OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            file = new FileStream(part, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{path}' cannot be written: {Plain.Reason(e)}.", e);
        }
        try
        {
            T result;
            await using (file)
            {
                result = await write(file, cancellation);
                await file.FlushAsync(cancellation);
                file.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: true);
            return result;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public static Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellation, bool secret = false) =>
        WriteAsync(path, async (file, token) =>
        {
            await file.WriteAsync(bytes, token);
            return true;
        }, cancellation, secret);
}
