using Lucid.Evidence.Tests.Compression;

namespace Lucid.Bench.Load;

/// <summary>A class of chunk sizes, within which latencies are compared.</summary>
internal sealed record SizeClass(string Name, int Least, int Most, double Share)
{
    /// <summary>From 1 KiB to 10 MiB with a mean of 102 KiB: most chunks are small, half of the bytes are in the few large ones.</summary>
    public static IReadOnlyList<SizeClass> All { get; } =
    [
        new("<= 4 KiB", 1 << 10, 4 << 10, 0.45),
        new("<= 64 KiB", 4 << 10, 64 << 10, 0.40),
        new("<= 1 MiB", 64 << 10, 1 << 20, 0.1385),
        new("<= 10 MiB", 1 << 20, 10 << 20, 0.0115),
    ];

    public static int Of(int length) => All.TakeWhile(one => length > one.Most).Count();
}

/// <summary>Sizes and contents as sessions bring them, the same for the same seed.</summary>
internal static class ChunkMix
{
    private const int Pool = 24 << 20;
    private static readonly byte[][] _contents = [Content.Text(Pool), Content.Random(Pool), Content.HalfRandom(Pool)];

    /// <summary>A size within its class is as likely to be twice as large as half as large.</summary>
    public static int Size(Random random)
    {
        var pick = random.NextDouble();
        var one = SizeClass.All.First(size => (pick -= size.Share) < 0 || size == SizeClass.All[^1]);
        return (int)(one.Least * Math.Pow((double)one.Most / one.Least, random.NextDouble()));
    }

    /// <summary>Text, another piece for each index.</summary>
    public static ReadOnlyMemory<byte> At(int index, int length) => _contents[0].AsMemory((int)(index * 7919L % (Pool - length)), length);

    /// <summary>Text six times of ten, incompressible bytes three, and a mixture once. Made once and cut anew for each chunk: it costs nothing here.</summary>
    public static ReadOnlyMemory<byte> Cut(Random random, int length)
    {
        var content = _contents[random.Next(10) switch { < 6 => 0, < 9 => 1, _ => 2 }];
        return content.AsMemory(random.Next(content.Length - length), length);
    }
}
