using System.Security.Cryptography;
using Lucid.Cli.Output;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;

namespace Lucid.Cli.Playback;

/// <summary>The keys that open a session's chunks, from a key file or from the node's key ring. Disposing clears them.</summary>
internal sealed class ChunkKeys : IDisposable
{
    private readonly KeyFile _file;

    private ChunkKeys(KeyFile file) => _file = file;

    /// <summary>Whether the chunk can be opened.</summary>
    public bool Opens(ulong chunk) => _file.IsWhole || _file.Chunks.Contains(chunk);

    /// <summary>The key of one chunk, which the caller clears.</summary>
    public byte[] ChunkKey(ulong chunk) =>
        _file.ChunkKey(chunk) ?? throw new InvalidOperationException($"The key file does not open chunk {chunk}.");

    /// <summary>Reads a key file and holds it against the manifest.</summary>
    /// <exception cref="CliException">It is none, or of another session.</exception>
    public static ChunkKeys FromFile(string path, Manifest manifest)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The key file '{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
        return Parse(bytes, manifest, $"'{path}'");
    }

    /// <summary>Asks the key ring of the node that recorded the session.</summary>
    /// <exception cref="CliException">It has no such key.</exception>
    public static async Task<ChunkKeys> FromNodeAsync(LucidClient node, Manifest manifest, CancellationToken cancellation)
    {
        try
        {
            return Parse(await node.Recordings.GetKeyAsync(manifest.Session, cancellation), manifest, "the node's key ring");
        }
        catch (RefusedException e)
        {
            throw new CliException(
                $"The node's key ring does not open session {manifest.Session:D}: {e.Message} Whoever recorded it can write a key file: lucid export {manifest.Session:D} --key FILE",
                e, ExitCode.CheckFailed);
        }
    }

    /// <summary>The key file that opens only one chunk.</summary>
    /// <exception cref="CliException">These keys do not derive it: they are keys of single chunks.</exception>
    public byte[] Disclose(ulong chunk)
    {
        if (_file.SessionKey is not { } key)
            throw new CliException($"The key file opens single chunks only; the key of chunk {chunk} is derived from the session's key.");
        using var disclosed = KeyFile.ForChunks(_file.Session, key, [chunk]);
        return disclosed.ToBytes();
    }

    public void Dispose() => _file.Dispose();

    private static ChunkKeys Parse(byte[] bytes, Manifest manifest, string where)
    {
        try
        {
            var file = KeyFile.Parse(bytes);
            if (file.Session != manifest.Session)
                throw new CliException($"The key in {where} is of session {file.Session:D}; this evidence is of session {manifest.Session:D}.");
            if (file.SessionKey is { } key && key.Commitment(manifest.Session) != manifest.KeyCommitment)
                throw new CliException($"The key in {where} is not the one that session {manifest.Session:D} was encrypted with.", ExitCode.CheckFailed);
            return new ChunkKeys(file);
        }
        catch (MalformedException e)
        {
            throw new CliException($"{where} holds no key file: {e.Message}.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
