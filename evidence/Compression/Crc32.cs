using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Lucid.Evidence.Compression;

/// <summary>
/// The CRC-32 of ZIP and gzip (RFC 1952, section 8: reflected polynomial 0xEDB88320). Uses carry-less multiplication on x64 and the CRC
/// instructions on ARM64, tables elsewhere; the result is the same. It finds accidents, not attacks.
/// </summary>
public static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int FoldBlock = 4 * 16;
    private const int WideBlock = 4 * 64;

    // What moves 16 bytes on by 16, 64 and 256 bytes.
    private static readonly Vector128<long> s_by16 = FoldBy(16);
    private static readonly Vector128<long> s_by64 = FoldBy(64);
    private static readonly Vector128<long> s_by256 = FoldBy(256);

    // Row k: what a byte contributes once k further bytes have been shifted through.
    private static readonly uint[] s_tables = BuildTables();

    /// <summary>The CRC of <paramref name="data"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The CRC of what <paramref name="crc"/> is of, followed by <paramref name="data"/>. The CRC of nothing is 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        var state = ~crc;
        if (ArmCrc32.Arm64.IsSupported)
            return ~AppendArm(state, data);
        if (Pclmulqdq.IsSupported && data.Length >= 2 * FoldBlock)
            state = AppendFolding(state, ref data);
        return ~AppendTables(state, data);
    }

    /// <summary>Eight bytes a step through eight tables ("slicing by 8").</summary>
    internal static uint AppendTables(uint state, ReadOnlySpan<byte> data)
    {
        ref var tables = ref MemoryMarshal.GetArrayDataReference(s_tables);
        for (; data.Length >= 8; data = data[8..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(data) ^ state;
            state = 0;
            for (var k = 0; k < 8; k++)
                state ^= Unsafe.Add(ref tables, ((7 - k) * 256) + (byte)(word >> (8 * k)));
        }
        foreach (var value in data)
            state = Unsafe.Add(ref tables, (byte)(state ^ value)) ^ (state >> 8);
        return state;
    }

    private static uint AppendArm(uint state, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 8; data = data[8..])
            state = ArmCrc32.Arm64.ComputeCrc32(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (var value in data)
            state = ArmCrc32.ComputeCrc32(state, value);
        return state;
    }

    // "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel, 2009): 16 bytes are replaced by a congruent value 64 bytes
    // (or 16, or 256) further on, by two multiplications with x^n mod P. The 16 bytes left at last are congruent to all that went before, and
    // go through the tables.
    private static uint AppendFolding(uint state, ref ReadOnlySpan<byte> data)
    {
        Vector128<long> a, b, c, d;
        if (Pclmulqdq.V512.IsSupported && data.Length >= 2 * WideBlock)
        {
            var wide = FoldWide(state, ref data);
            (a, b, c, d) = (wide.GetLower().GetLower(), wide.GetLower().GetUpper(), wide.GetUpper().GetLower(), wide.GetUpper().GetUpper());
        }
        else
        {
            (a, b, c, d) = (Load(data, 0) ^ Vector128.CreateScalar(state).AsInt64(), Load(data, 1), Load(data, 2), Load(data, 3));
            data = data[FoldBlock..];
        }
        for (; data.Length >= FoldBlock; data = data[FoldBlock..])
        {
            a = Fold(a, s_by64) ^ Load(data, 0);
            b = Fold(b, s_by64) ^ Load(data, 1);
            c = Fold(c, s_by64) ^ Load(data, 2);
            d = Fold(d, s_by64) ^ Load(data, 3);
        }
        a = Fold(Fold(Fold(a, s_by16) ^ b, s_by16) ^ c, s_by16) ^ d;
        for (; data.Length >= 16; data = data[16..])
            a = Fold(a, s_by16) ^ Load(data, 0);
        Span<byte> rest = stackalloc byte[16];
        a.AsByte().CopyTo(rest);
        return AppendTables(0, rest);
    }

    // The same with four times as many bytes at once. What it returns stands for all that it passed, in the place of the last 64 bytes.
    private static Vector512<long> FoldWide(uint state, ref ReadOnlySpan<byte> data)
    {
        var (by256, by64) = (FourTimes(s_by256), FourTimes(s_by64));
        var a = Load512(data, 0) ^ Vector512.CreateScalar(state).AsInt64();
        var b = Load512(data, 1);
        var c = Load512(data, 2);
        var d = Load512(data, 3);
        for (data = data[WideBlock..]; data.Length >= WideBlock; data = data[WideBlock..])
        {
            a = Fold(a, by256) ^ Load512(data, 0);
            b = Fold(b, by256) ^ Load512(data, 1);
            c = Fold(c, by256) ^ Load512(data, 2);
            d = Fold(d, by256) ^ Load512(data, 3);
        }
        return Fold(Fold(Fold(a, by64) ^ b, by64) ^ c, by64) ^ d;
    }

    private static Vector128<long> Load(ReadOnlySpan<byte> data, int vector) =>
        Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(data), (nuint)vector * 16).AsInt64();

    private static Vector512<long> Load512(ReadOnlySpan<byte> data, int vector) =>
        Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(data), (nuint)vector * 64).AsInt64();

    private static Vector512<long> FourTimes(Vector128<long> value)
    {
        var twice = Vector256.Create(value, value);
        return Vector512.Create(twice, twice);
    }

    private static Vector128<long> Fold(Vector128<long> value, Vector128<long> by) =>
        Pclmulqdq.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, by, 0x11);

    private static Vector512<long> Fold(Vector512<long> value, Vector512<long> by) =>
        Pclmulqdq.V512.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(value, by, 0x11);

    // x^(8n + 32) and x^(8n - 32) mod P for the two halves of 16 bytes, reflected as the polynomial is, and moved up by the bit that the
    // product of two reflected values lacks.
    private static Vector128<long> FoldBy(int bytes)
    {
        return Vector128.Create(Power((8 * bytes) + 32), Power((8 * bytes) - 32));

        static long Power(int exponent)
        {
            var power = 0x8000_0000u;
            for (var i = 0; i < exponent; i++)
                power = (power >> 1) ^ (Polynomial & (0 - (power & 1)));
            return (long)power << 1;
        }
    }

    private static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (var value = 0u; value < 256; value++)
        {
            var crc = value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (Polynomial & (0 - (crc & 1)));
            tables[value] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
