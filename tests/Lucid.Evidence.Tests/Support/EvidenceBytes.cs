using Lucid.Evidence.Compression;
using Lucid.Evidence.Files;

namespace Lucid.Evidence.Tests.Support;

/// <summary>
/// Takes evidence files apart and puts them together again with headers, CRCs and central directory that fit: what somebody with a hex
/// editor and patience can do.
/// </summary>
internal static class EvidenceBytes
{
    public sealed record Entry(EvidencePart Part, ulong Chunk, byte[] Content);

    public static List<Entry> Split(byte[] file)
    {
        using var stream = new MemoryStream(file);
        var entries = new List<Entry>();
        var reader = new EvidenceFileReader(stream);
        while (reader.NextAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } entry)
        {
            var content = new byte[entry.Length];
            reader.ReadAllAsync(content, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            entries.Add(new Entry(entry.Part, entry.Chunk, content));
        }
        return entries;
    }

    public static byte[] Join(IEnumerable<Entry> entries)
    {
        using var file = new MemoryStream();
        var directory = new List<EvidenceEntry>();
        foreach (var (part, chunk, content) in entries)
        {
            var entry = new EvidenceEntry(part, chunk, (uint)content.Length, Crc32.Of(content), file.Position);
            directory.Add(entry);
            file.Write(ZipProfile.LocalHeader(entry));
            file.Write(content);
        }
        var start = file.Position;
        foreach (var entry in directory)
            file.Write(ZipProfile.CentralHeader(entry));
        file.Write(ZipProfile.End(directory.Count, start, file.Position - start));
        return file.ToArray();
    }

    /// <summary>The file with the content of one entry changed, and everything around it made to fit.</summary>
    public static byte[] Change(byte[] file, EvidencePart part, Func<byte[], byte[]> change) =>
        Join(Split(file).Select(entry => entry.Part == part ? entry with { Content = change(entry.Content) } : entry));
}
