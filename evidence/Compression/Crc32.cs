using System.Buffers.Binary;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Lucid.Evidence.Compression;

/// <summary>
/// The CRC-32 of ZIP and gzip (RFC 1952, section 8: reflected polynomial 0xEDB88320). Uses carry-less multiplication on x64 and the CRC
/// instructions on ARM64, tables elsewhere; the result is the same. It finds accidents, not attacks.
/// </summary>
public static class Crc32
{
    private static readonly ReflectedCrc s_crc = new(0xEDB88320);

    /// <summary>The CRC of <paramref name="data"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The CRC of what <paramref name="crc"/> is of, followed by <paramref name="data"/>. The CRC of nothing is 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data) =>
        ArmCrc32.Arm64.IsSupported ? ~AppendArm(~crc, data) : ~s_crc.Append(~crc, data);

    private static uint AppendArm(uint state, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 8; data = data[8..])
            state = ArmCrc32.Arm64.ComputeCrc32(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (var value in data)
            state = ArmCrc32.ComputeCrc32(state, value);
        return state;
    }
}
