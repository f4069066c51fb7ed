using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lucid.Evidence.Merkle;

/// <summary>
/// SHA-256 (FIPS 180-4) of sixteen segments at a time, a lane of a 512-bit vector for each: one stream leaves most of a core idle, since
/// each of its rounds waits for the one before, while segments have nothing to do with each other. Needs AVX-512; elsewhere, and for
/// fewer segments, the platform's SHA-256 gives the same hashes.
/// </summary>
internal static class ParallelSha256
{
    /// <summary>Segments at a time.</summary>
    public const int Lanes = 16;

    private const int BlockSize = 64;
    private const int Words = 16;

    private static readonly uint[] s_constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
        0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
        0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
        0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
        0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static readonly uint[] s_initial =
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    public static bool IsSupported => Avx512BW.IsSupported;

    /// <summary>The leaf hashes (RFC 6962: SHA-256 of 0x00 and the segment) of sixteen segments that follow one another.</summary>
    /// <param name="segments">16 times <see cref="SegmentTree.SegmentSize"/> bytes.</param>
    /// <param name="hashes">Sixteen.</param>
    public static void Leaves(ReadOnlySpan<byte> segments, Span<Hash256> hashes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(segments.Length, Lanes * SegmentTree.SegmentSize, nameof(segments));
        ArgumentOutOfRangeException.ThrowIfLessThan(hashes.Length, Lanes, nameof(hashes));
        Span<Vector512<uint>> state = stackalloc Vector512<uint>[8];
        for (var i = 0; i < state.Length; i++)
            state[i] = Vector512.Create(s_initial[i]);
        // The prefix moves everything on by a byte: the first block has 63 bytes of the segment, the last one has one.
        Span<byte> edge = stackalloc byte[Lanes * BlockSize];
        edge.Clear();
        for (var lane = 0; lane < Lanes; lane++)
            segments.Slice(lane * SegmentTree.SegmentSize, BlockSize - 1).CopyTo(edge[((lane * BlockSize) + 1)..]);
        Compress(state, ref MemoryMarshal.GetReference(edge), BlockSize, 1);
        const int Whole = (SegmentTree.SegmentSize / BlockSize) - 1;
        Compress(state, ref Unsafe.Add(ref MemoryMarshal.GetReference(segments), BlockSize - 1), SegmentTree.SegmentSize, Whole);
        edge.Clear();
        for (var lane = 0; lane < Lanes; lane++)
        {
            var last = edge.Slice(lane * BlockSize, BlockSize);
            last[0] = segments[((lane + 1) * SegmentTree.SegmentSize) - 1];
            last[1] = 0x80;
            BinaryPrimitives.WriteUInt64BigEndian(last[^8..], (1 + SegmentTree.SegmentSize) * 8UL);
        }
        Compress(state, ref MemoryMarshal.GetReference(edge), BlockSize, 1);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        for (var lane = 0; lane < Lanes; lane++)
        {
            for (var word = 0; word < state.Length; word++)
                BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * word)..], state[word].GetElement(lane));
            hashes[lane] = new Hash256(hash);
        }
    }

    // So many blocks of each lane; a lane begins `stride` bytes after the one before.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector512<uint>> state, ref byte start, nint stride, int blocks)
    {
        Span<Vector512<uint>> buffer = stackalloc Vector512<uint>[Words];
        ref var w = ref MemoryMarshal.GetReference(buffer);
        ref var constants = ref MemoryMarshal.GetArrayDataReference(s_constants);
        for (var block = 0; block < blocks; block++)
        {
            Load(ref Unsafe.Add(ref start, block * BlockSize), stride, ref w);
            var (a, b, c, d, e, f, g, h) = (state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]);
            for (var round = 0; round < 64; round += Words)
            {
                ref var k = ref Unsafe.Add(ref constants, round);
                Round(a, b, c, ref d, e, f, g, ref h, w, k);
                Round(h, a, b, ref c, d, e, f, ref g, Unsafe.Add(ref w, 1), Unsafe.Add(ref k, 1));
                Round(g, h, a, ref b, c, d, e, ref f, Unsafe.Add(ref w, 2), Unsafe.Add(ref k, 2));
                Round(f, g, h, ref a, b, c, d, ref e, Unsafe.Add(ref w, 3), Unsafe.Add(ref k, 3));
                Round(e, f, g, ref h, a, b, c, ref d, Unsafe.Add(ref w, 4), Unsafe.Add(ref k, 4));
                Round(d, e, f, ref g, h, a, b, ref c, Unsafe.Add(ref w, 5), Unsafe.Add(ref k, 5));
                Round(c, d, e, ref f, g, h, a, ref b, Unsafe.Add(ref w, 6), Unsafe.Add(ref k, 6));
                Round(b, c, d, ref e, f, g, h, ref a, Unsafe.Add(ref w, 7), Unsafe.Add(ref k, 7));
                Round(a, b, c, ref d, e, f, g, ref h, Unsafe.Add(ref w, 8), Unsafe.Add(ref k, 8));
                Round(h, a, b, ref c, d, e, f, ref g, Unsafe.Add(ref w, 9), Unsafe.Add(ref k, 9));
                Round(g, h, a, ref b, c, d, e, ref f, Unsafe.Add(ref w, 10), Unsafe.Add(ref k, 10));
                Round(f, g, h, ref a, b, c, d, ref e, Unsafe.Add(ref w, 11), Unsafe.Add(ref k, 11));
                Round(e, f, g, ref h, a, b, c, ref d, Unsafe.Add(ref w, 12), Unsafe.Add(ref k, 12));
                Round(d, e, f, ref g, h, a, b, ref c, Unsafe.Add(ref w, 13), Unsafe.Add(ref k, 13));
                Round(c, d, e, ref f, g, h, a, ref b, Unsafe.Add(ref w, 14), Unsafe.Add(ref k, 14));
                Round(b, c, d, ref e, f, g, h, ref a, Unsafe.Add(ref w, 15), Unsafe.Add(ref k, 15));
                if (round < 48)
                    Expand(ref w);
            }
            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, ref Vector512<uint> d, Vector512<uint> e, Vector512<uint> f, Vector512<uint> g,
        ref Vector512<uint> h, Vector512<uint> word, uint constant)
    {
        var choice = Avx512F.TernaryLogic(e, f, g, 0xCA);
        var majority = Avx512F.TernaryLogic(a, b, c, 0xE8);
        var first = h + (word + Vector512.Create(constant)) + choice
            + Xor(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        d += first;
        h = first + majority + Xor(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
    }

    // The next sixteen words of the schedule, in place of these.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand(ref Vector512<uint> w)
    {
        Expand(ref w, 0, 1, 9, 14);
        Expand(ref w, 1, 2, 10, 15);
        Expand(ref w, 2, 3, 11, 0);
        Expand(ref w, 3, 4, 12, 1);
        Expand(ref w, 4, 5, 13, 2);
        Expand(ref w, 5, 6, 14, 3);
        Expand(ref w, 6, 7, 15, 4);
        Expand(ref w, 7, 8, 0, 5);
        Expand(ref w, 8, 9, 1, 6);
        Expand(ref w, 9, 10, 2, 7);
        Expand(ref w, 10, 11, 3, 8);
        Expand(ref w, 11, 12, 4, 9);
        Expand(ref w, 12, 13, 5, 10);
        Expand(ref w, 13, 14, 6, 11);
        Expand(ref w, 14, 15, 7, 12);
        Expand(ref w, 15, 0, 8, 13);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expand(ref Vector512<uint> w, int at, int minus15, int minus7, int minus2)
    {
        var (early, late) = (Unsafe.Add(ref w, minus15), Unsafe.Add(ref w, minus2));
        Unsafe.Add(ref w, at) += Unsafe.Add(ref w, minus7)
            + Xor(Avx512F.RotateRight(early, 7), Avx512F.RotateRight(early, 18), early >>> 3)
            + Xor(Avx512F.RotateRight(late, 17), Avx512F.RotateRight(late, 19), late >>> 10);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Xor(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Avx512F.TernaryLogic(a, b, c, 0x96);

    // Sixteen words of sixteen lanes, turned so that each vector has one word of every lane.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Load(ref byte start, nint stride, ref Vector512<uint> w)
    {
        var bigEndian = FourTimes(Vector128.Create(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, (byte)12));
        for (var i = 0; i < Words; i += 4)
        {
            var a = Avx512BW.Shuffle(Vector512.LoadUnsafe(ref Unsafe.Add(ref start, i * stride)), bigEndian).AsUInt32();
            var b = Avx512BW.Shuffle(Vector512.LoadUnsafe(ref Unsafe.Add(ref start, (i + 1) * stride)), bigEndian).AsUInt32();
            var c = Avx512BW.Shuffle(Vector512.LoadUnsafe(ref Unsafe.Add(ref start, (i + 2) * stride)), bigEndian).AsUInt32();
            var d = Avx512BW.Shuffle(Vector512.LoadUnsafe(ref Unsafe.Add(ref start, (i + 3) * stride)), bigEndian).AsUInt32();
            var (ab, cd) = (Avx512F.UnpackLow(a, b).AsUInt64(), Avx512F.UnpackLow(c, d).AsUInt64());
            Unsafe.Add(ref w, i) = Avx512F.UnpackLow(ab, cd).AsUInt32();
            Unsafe.Add(ref w, i + 1) = Avx512F.UnpackHigh(ab, cd).AsUInt32();
            (ab, cd) = (Avx512F.UnpackHigh(a, b).AsUInt64(), Avx512F.UnpackHigh(c, d).AsUInt64());
            Unsafe.Add(ref w, i + 2) = Avx512F.UnpackLow(ab, cd).AsUInt32();
            Unsafe.Add(ref w, i + 3) = Avx512F.UnpackHigh(ab, cd).AsUInt32();
        }
        // Vector i + j now has, in its quarter q, word 4q + j of lanes i to i + 3.
        Span<Vector512<uint>> quarters = stackalloc Vector512<uint>[Words];
        for (var j = 0; j < 4; j++)
        {
            var (a, b, c, d) = (Unsafe.Add(ref w, j), Unsafe.Add(ref w, j + 4), Unsafe.Add(ref w, j + 8), Unsafe.Add(ref w, j + 12));
            var (low, high) = (Avx512F.Shuffle4x128(a, b, 0x44), Avx512F.Shuffle4x128(c, d, 0x44));
            quarters[j] = Avx512F.Shuffle4x128(low, high, 0x88);
            quarters[j + 4] = Avx512F.Shuffle4x128(low, high, 0xDD);
            (low, high) = (Avx512F.Shuffle4x128(a, b, 0xEE), Avx512F.Shuffle4x128(c, d, 0xEE));
            quarters[j + 8] = Avx512F.Shuffle4x128(low, high, 0x88);
            quarters[j + 12] = Avx512F.Shuffle4x128(low, high, 0xDD);
        }
        for (var i = 0; i < Words; i++)
            Unsafe.Add(ref w, i) = quarters[i];
    }

    private static Vector512<byte> FourTimes(Vector128<byte> value)
    {
        var twice = Vector256.Create(value, value);
        return Vector512.Create(twice, twice);
    }
}
