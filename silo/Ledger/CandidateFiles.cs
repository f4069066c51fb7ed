using System.Buffers.Binary;
using System.Globalization;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Ledger;

/// <summary>Proposed blocks, a file each: `&lt;height&gt;-&lt;id&gt;`, holding a CRC-32 and the block's encoding.</summary>
public sealed class CandidateFiles : ICandidateStore
{
    private readonly string _folder;
    private readonly ILogger _logger;

    private CandidateFiles(string folder, ILogger logger) => (_folder, _logger) = (folder, logger);

    public static CandidateFiles Open(string folder, ILogger logger)
    {
        DurableFile.CreateDirectory(folder);
        DurableFile.RemoveUnfinished(folder);
        return new CandidateFiles(folder, logger);
    }

    public Task KeepAsync(ulong height, Hash256 id, ReadOnlyMemory<byte> block, CancellationToken cancellation) => Task.Run(() =>
    {
        var content = new byte[sizeof(uint) + block.Length];
        BinaryPrimitives.WriteUInt32BigEndian(content, Crc32.Of(block.Span));
        block.Span.CopyTo(content.AsSpan(sizeof(uint)));
        DurableFile.Write(Path.Combine(_folder, $"{Prefix(height)}{id}"), content);
    }, cancellation);

    /// <summary>A damaged one is put aside: it may be proposed anew, and where this validator has signed it, the chain waits for it.</summary>
    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(ulong height, CancellationToken cancellation)
    {
        var blocks = new List<ReadOnlyMemory<byte>>();
        foreach (var path in Directory.GetFiles(_folder, Prefix(height) + "*").Where(IsWhole).Order(StringComparer.Ordinal))
        {
            try
            {
                blocks.Add(ReadFile(path));
            }
            catch (LedgerDamagedException)
            {
                _logger.LogWarning("{File}, a proposed block, is damaged and put aside as {Aside}", path, DurableFile.PutAside(path));
            }
        }
        return new(blocks);
    }

    /// <summary>The candidate of that height and id; null where it is missing or damaged.</summary>
    public Block? Find(ulong height, Hash256 id)
    {
        var path = Path.Combine(_folder, $"{Prefix(height)}{id}");
        try
        {
            return File.Exists(path) && Block.Parse(ReadFile(path)) is { } block && block.Header.Id() == id ? block : null;
        }
        catch (Exception damage) when (damage is LedgerDamagedException or MalformedException)
        {
            return null;
        }
    }

    /// <exception cref="LedgerDamagedException">It is damaged.</exception>
    internal static ReadOnlyMemory<byte> ReadFile(string path)
    {
        var content = File.ReadAllBytes(path);
        return content.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32BigEndian(content) == Crc32.Of(content.AsSpan(sizeof(uint)))
            ? content.AsMemory(sizeof(uint))
            : throw new LedgerDamagedException(path, null, "the proposed block is damaged",
                "Restore the file from a backup, or delete it: the other validators have the block");
    }

    public void Forget(ulong height)
    {
        // Not flushed: what comes back after a power cut is forgotten with the next height.
        foreach (var path in Directory.GetFiles(_folder).Where(IsWhole))
        {
            if (ulong.TryParse(Path.GetFileName(path).AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= height)
                File.Delete(path);
        }
    }

    private static string Prefix(ulong height) => $"{height:D19}-";

    // What is being written carries a longer name until it is finished.
    private static bool IsWhole(string path) => Path.GetFileName(path).Length == 20 + (2 * Hash256.Size);
}
