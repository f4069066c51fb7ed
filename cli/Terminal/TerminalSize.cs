using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Cli.Terminal;

/// <param name="Columns">Characters in a line.</param>
/// <param name="Rows">Lines.</param>
internal readonly record struct TerminalSize(int Columns, int Rows)
{
    /// <summary>What programs expect where there is no terminal to ask.</summary>
    public static TerminalSize Default { get; } = new(80, 24);

    /// <summary>The size of the terminal behind a descriptor, or null where there is none.</summary>
    public static unsafe TerminalSize? Of(SafeFileHandle descriptor)
    {
        Libc.WindowSize size;
        return Libc.ioctl(descriptor, Libc.GetWindowSize, &size) == 0 && size is { Columns: > 0, Rows: > 0 }
            ? new TerminalSize(size.Columns, size.Rows)
            : null;
    }

    /// <summary>Tells the terminal behind a descriptor its size; the programs in it hear of it by a signal.</summary>
    public unsafe void ApplyTo(SafeFileHandle descriptor)
    {
        var size = new Libc.WindowSize { Columns = (ushort)Columns, Rows = (ushort)Rows };
        if (Libc.ioctl(descriptor, Libc.SetWindowSize, &size) != 0)
            throw new IOException($"The terminal's size could not be set: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
