using Lucid.Cli.Output;
using Lucid.Evidence;
using Lucid.Evidence.Files;
using Lucid.Evidence.Merkle;
using Lucid.Evidence.Records;

namespace Lucid.Cli.Playback;

/// <summary>An evidence file as a player reads it: seekable, its leaves held against its manifest, its signatures not checked.</summary>
internal sealed class EvidenceFile
{
    private readonly string _path;

    private EvidenceFile(string path, Manifest manifest) => (_path, Manifest) = (path, manifest);

    public Manifest Manifest { get; }

    public Guid Session => Manifest.Session;

    /// <summary>Opens an evidence file to be read in sequence, or sought in.</summary>
    /// <exception cref="CliException">There is no such file, or it may not be read.</exception>
    public static FileStream OpenStream(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 64 * 1024, FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
    }

    /// <summary>
    /// Opens an evidence file to be played. A chunk that was cut out would not be missed by whoever only decrypts the others, so the leaves
    /// are hashed first: they must be those of the manifest. Whether the manifest is the anchored one is for `lucid verify` to say.
    /// </summary>
    /// <exception cref="CliException">It is no evidence file, or its leaves are not the manifest's.</exception>
    public static async Task<EvidenceFile> OpenAsync(string path, CancellationToken cancellation)
    {
        await using var stream = OpenStream(path);
        try
        {
            var index = await EvidenceFileIndex.OpenAsync(stream, cancellation);
            var manifest = Manifest.Parse((await index.ReadPartsAsync(cancellation)).Manifest.Span);
            var tree = new MerkleFrontier();
            await foreach (var leaf in index.ReadLeavesAsync(cancellation))
                tree.Append(leaf.Hash());
            return tree.Root() == manifest.SessionRoot
                ? new EvidenceFile(path, manifest)
                : throw new CliException($"'{path}' was altered: its leaves are not those of its manifest. See: lucid verify {path}", ExitCode.CheckFailed);
        }
        catch (MalformedException e)
        {
            throw new CliException($"'{path}' is no evidence file that can be read: {e.Message}. See: lucid verify {path}", e);
        }
    }

    /// <summary>The plaintext of a track, decrypted as it is read.</summary>
    public PlaintextStream OpenTrack(int track, ChunkKeys keys) => new(ReadTrackAsync(track, keys));

    /// <summary>Which chunks of a track the file holds and the keys open, and how many the track has in all.</summary>
    public async Task<TrackCover> CoverAsync(int track, ChunkKeys keys, CancellationToken cancellation)
    {
        await using var leaves = OpenStream(_path);
        var index = await EvidenceFileIndex.OpenAsync(leaves, cancellation);
        long chunks = 0, playable = 0, plainBytes = 0;
        await foreach (var leaf in index.ReadLeavesAsync(cancellation))
        {
            if (leaf is not ChunkLeaf chunk || chunk.Track != track)
                continue;
            chunks++;
            if (!index.TryFindChunk(chunk.Index, out _) || !keys.Opens(chunk.Index))
                continue;
            playable++;
            plainBytes += chunk.PlainLength;
        }
        return new TrackCover(chunks, playable, plainBytes);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadTrackAsync(int track, ChunkKeys keys)
    {
        // Two readers, since leaves and chunks are read in turns; neither holds more than a piece.
        await using var leafStream = OpenStream(_path);
        await using var chunkStream = OpenStream(_path);
        var leaves = await EvidenceFileIndex.OpenAsync(leafStream, CancellationToken.None);
        var chunks = await EvidenceFileIndex.OpenAsync(chunkStream, CancellationToken.None);
        var opener = new ChunkOpener(Session, keys);
        await foreach (var leaf in leaves.ReadLeavesAsync(CancellationToken.None))
        {
            if (leaf is not ChunkLeaf chunk || chunk.Track != track || !chunks.TryFindChunk(chunk.Index, out _) || !keys.Opens(chunk.Index))
                continue;
            await chunks.ReadChunkAsync(chunk.Index, opener.Cipher(chunk), CancellationToken.None);
            yield return opener.Open(chunk);
        }
    }
}

/// <param name="Chunks">In the track.</param>
/// <param name="Playable">Those that the file holds and the keys open.</param>
/// <param name="PlainBytes">What they hold.</param>
internal sealed record TrackCover(long Chunks, long Playable, long PlainBytes);
