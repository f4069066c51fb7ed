using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Cli.Terminal;

/// <summary>
/// The terminal in which we run, in raw mode: keys arrive one by one and unseen, Ctrl-C included. Disposing restores it as it was, and so
/// does the end of the process by whatever way the runtime still notices.
/// </summary>
internal sealed class OwnTerminal : IDisposable
{
    private const int Input = 0;
    private static readonly SafeFileHandle s_input = new(Input, ownsHandle: false);
    private const int AfterOutput = 1;

    private readonly byte[] _before;
    private readonly EventHandler _restoreAtExit;
    private int _restored;

    private OwnTerminal(byte[] before)
    {
        _before = before;
        _restoreAtExit = (_, _) => Restore();
        AppDomain.CurrentDomain.ProcessExit += _restoreAtExit;
    }

    /// <summary>Whether standard input is a terminal.</summary>
    public static bool Present => OperatingSystem.IsLinux() && Libc.isatty(Input) == 1;

    /// <summary>Its size, or null where standard input is no terminal.</summary>
    public static TerminalSize? Size => Present ? TerminalSize.Of(s_input) : null;

    /// <summary>Enters raw mode. Null where standard input is no terminal.</summary>
    public static unsafe OwnTerminal? EnterRawMode()
    {
        if (!Present)
            return null;
        var before = new byte[Libc.OpaqueSize];
        var raw = stackalloc byte[Libc.OpaqueSize];
        fixed (byte* saved = before)
        {
            if (Libc.tcgetattr(Input, saved) != 0)
                return null;
        }
        before.CopyTo(new Span<byte>(raw, Libc.OpaqueSize));
        Libc.cfmakeraw(raw);
        var terminal = new OwnTerminal(before);
        _ = Libc.tcsetattr(Input, AfterOutput, raw);
        return terminal;
    }

    /// <summary>Reads keys until cancelled or the terminal is gone. Blocks its thread, so give it one of its own.</summary>
    public static unsafe void ReadKeys(KeysTyped typed, CancellationToken cancellation)
    {
        // Polling with a deadline, since a read cannot be cancelled and would take a key from whoever reads after us.
        const int recheckMs = 100;
        Span<byte> keys = stackalloc byte[256];
        var entry = new Libc.PollEntry { Descriptor = Input, Events = Libc.PollInput };
        while (!cancellation.IsCancellationRequested)
        {
            entry.Happened = 0;
            var ready = Libc.poll(&entry, 1, recheckMs);
            if (ready < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
                return;
            if (ready <= 0)
                continue;
            fixed (byte* bytes = keys)
            {
                var count = Libc.read(s_input, bytes, (nuint)keys.Length);
                if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted))
                    return;
                if (count > 0)
                    typed(keys[..(int)count]);
            }
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= _restoreAtExit;
        Restore();
    }

    private unsafe void Restore()
    {
        if (Interlocked.Exchange(ref _restored, 1) == 1)
            return;
        fixed (byte* before = _before)
            _ = Libc.tcsetattr(Input, AfterOutput, before);
    }
}

/// <summary>Bytes that a person typed.</summary>
internal delegate void KeysTyped(ReadOnlySpan<byte> keys);
