using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lucid.Evidence.Compression;

/// <summary>
/// A CRC of 32 bits with any reflected polynomial. Where x64 multiplies without carries, 16 bytes are replaced by a congruent value further
/// on; what is left goes through tables. Values passed in and out are the register's: inverted twice, by the caller, for the usual CRCs.
/// </summary>
internal sealed class ReflectedCrc
{
    private const int FoldBlock = 4 * 16;
    private const int WideBlock = 4 * 64;

    private readonly uint _polynomial;

    // What moves 16 bytes on by 16, 64 and 256 bytes.
    private readonly Vector128<long> _by16;
    private readonly Vector128<long> _by64;
    private readonly Vector128<long> _by256;

    // Row k: what a byte contributes once k further bytes have been shifted through.
    private readonly uint[] _tables;

    public ReflectedCrc(uint polynomial)
    {
        _polynomial = polynomial;
        (_by16, _by64, _by256) = (FoldBy(16), FoldBy(64), FoldBy(256));
        _tables = BuildTables();
    }

    public uint Append(uint state, ReadOnlySpan<byte> data)
    {
        if (Pclmulqdq.IsSupported && data.Length >= 2 * FoldBlock)
            state = AppendFolding(state, ref data);
        return AppendTables(state, data);
    }

    /// <summary>Eight bytes a step through eight tables ("slicing by 8").</summary>
    internal uint AppendTables(uint state, ReadOnlySpan<byte> data)
    {
        ref var tables = ref MemoryMarshal.GetArrayDataReference(_tables);
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

    // "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel, 2009): 16 bytes are replaced by a congruent value 64 bytes
    // (or 16, or 256) further on, by two multiplications with x^n mod P. The 16 bytes left at last are congruent to all that went before, and
    // go through the tables.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private uint AppendFolding(uint state, ref ReadOnlySpan<byte> data)
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
            a = Fold(a, _by64) ^ Load(data, 0);
            b = Fold(b, _by64) ^ Load(data, 1);
            c = Fold(c, _by64) ^ Load(data, 2);
            d = Fold(d, _by64) ^ Load(data, 3);
        }
        a = Fold(Fold(Fold(a, _by16) ^ b, _by16) ^ c, _by16) ^ d;
        for (; data.Length >= 16; data = data[16..])
            a = Fold(a, _by16) ^ Load(data, 0);
        Span<byte> rest = stackalloc byte[16];
        a.AsByte().CopyTo(rest);
        return AppendTables(0, rest);
    }

    // The same with four times as many bytes at once. What it returns stands for all that it passed, in the place of the last 64 bytes.
    private Vector512<long> FoldWide(uint state, ref ReadOnlySpan<byte> data)
    {
        var (by256, by64) = (FourTimes(_by256), FourTimes(_by64));
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
    private Vector128<long> FoldBy(int bytes)
    {
        return Vector128.Create(Power((8 * bytes) + 32), Power((8 * bytes) - 32));

        long Power(int exponent)
        {
            var power = 0x8000_0000u;
            for (var i = 0; i < exponent; i++)
                power = (power >> 1) ^ (_polynomial & (0 - (power & 1)));
            return (long)power << 1;
        }
    }

    private uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (var value = 0u; value < 256; value++)
        {
            var crc = value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (_polynomial & (0 - (crc & 1)));
            tables[value] = crc;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
