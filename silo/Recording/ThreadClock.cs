using System.Runtime.InteropServices;

namespace Lucid.Silo.Recording;

/// <summary>
/// The CPU time of the thread that asks, so that a time budget buys the same work on a busy machine as on an idle one. Compare two of its
/// times on one thread only. Where the system has no such clock for us, it is the system's.
/// </summary>
internal sealed partial class ThreadClock : TimeProvider
{
    // clock_gettime(2) of 64-bit Linux: CLOCK_THREAD_CPUTIME_ID, and two words of 64 bits.
    private const int ThreadCpuTime = 3;
    private static readonly bool s_known = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public override long TimestampFrequency => s_known ? 1_000_000_000 : base.TimestampFrequency;

    public override long GetTimestamp()
    {
        if (!s_known)
            return base.GetTimestamp();
        // It can only fail for a clock that the kernel does not know, and this one is older than .NET.
        _ = ClockGetTime(ThreadCpuTime, out var time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    private record struct TimeSpec(long Seconds, long Nanoseconds);
}
