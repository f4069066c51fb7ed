using System.Threading.Channels;

namespace Lucid.Silo.Recording;

/// <summary>
/// Deletes the ciphertext of erased sessions, whose keys are destroyed already, behind everybody's back: one file after another, because a
/// session may have a hundred thousand and others record meanwhile. What there is to do stands on the disk, so a start goes on where a kill
/// left it.
/// </summary>
public sealed class ErasedChunks(ChunkStore chunks, ILogger<ErasedChunks> log) : BackgroundService
{
    // Whether there is more, not what: one word is enough for any number of sessions.
    private readonly Channel<bool> _more = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Something was set aside.</summary>
    public void Wake() => _more.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        do
        {
            await Task.Run(() => DeleteAll(stoppingToken), CancellationToken.None);
            await _more.Reader.ReadAsync(stoppingToken);
        }
        while (!stoppingToken.IsCancellationRequested);
    }

    private void DeleteAll(CancellationToken stopping)
    {
        try
        {
            foreach (var folder in chunks.SetAsideFolders())
                Delete(folder, stopping);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            log.LogError("What is left of erased sessions in {Folder} cannot be listed: {Reason}. Make it readable; the next start or erasure tries again", chunks.Erased, refused.Message);
        }
    }

    private void Delete(string folder, CancellationToken stopping)
    {
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder))
            {
                if (stopping.IsCancellationRequested)
                    return;
                File.Delete(file);
            }
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            log.LogError("{Folder}, of an erased session whose key is destroyed, cannot be deleted: {Reason}. Make it writable; the next start or erasure tries again", folder, refused.Message);
        }
    }
}
