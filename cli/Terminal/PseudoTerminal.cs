using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Lucid.Cli.Terminal;

/// <summary>
/// A command in a terminal of its own. We hold the master side: what we read is what a person would have seen, what we write is what they
/// would have typed.
/// </summary>
internal sealed class PseudoTerminal : IDisposable
{
    // Counted by each call, so that its number is not given to another file while a key is still being written.
    private readonly SafeFileHandle _master;
    private readonly ChildProcess _child;

    private PseudoTerminal(SafeFileHandle master, ChildProcess child)
    {
        _master = master;
        _child = child;
    }

    /// <summary>The command's exit code, or 128 and the number of the signal that ended it.</summary>
    public Task<int> Exit => _child.Exit;

    /// <exception cref="CliException">There is no such command, or this system has no pseudo-terminals.</exception>
    public static PseudoTerminal Start(
        IReadOnlyList<string> command, TerminalSize size, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (!OperatingSystem.IsLinux())
            throw new CliException("Recording a terminal needs Linux; here, pipe the output instead: COMMAND | lucid record -");
        var master = Libc.posix_openpt(Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec);
        if (master.IsInvalid)
            throw new CliException($"No terminal can be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
        try
        {
            if (Libc.grantpt(master) != 0 || Libc.unlockpt(master) != 0)
                throw new CliException($"No terminal can be opened: {Marshal.GetLastPInvokeErrorMessage()}.");
            size.ApplyTo(master);
            var slave = SlaveName(master);
            // The child is the leader of a new session without a terminal, so the first one it opens becomes its controlling terminal.
            var child = ChildProcess.Start(command, environment ?? new Dictionary<string, string>(StringComparer.Ordinal), slave, slave);
            return new PseudoTerminal(master, child);
        }
        catch (Win32Exception e) when (e.NativeErrorCode is Libc.NoSuchFile or Libc.NotPermitted)
        {
            master.Dispose();
            throw new CliException($"There is no command '{command[0]}' that can be run here; check the name and PATH.", e);
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits for output. 0 bytes: the command has ended and everything it showed was read. A program that it left in the background does not
    /// hold the terminal. Blocks its thread, so give it one of its own.
    /// </summary>
    public unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                // Asked before polling: whatever the command showed before it ended is then there to be read.
                var ended = Exit.IsCompleted;
                if (!Readable())
                {
                    if (ended)
                        return 0;
                    continue;
                }
                var count = Libc.read(_master, bytes, (nuint)buffer.Length);
                if (count >= 0)
                    return (int)count;
                // Linux answers an input/output error once no program holds the other side any more: that is how a terminal ends.
                var error = Marshal.GetLastPInvokeError();
                if (error == Libc.InputOutputError)
                    return 0;
                if (error != Libc.Interrupted)
                    throw new IOException($"The recorded terminal cannot be read: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    /// <summary>Types. What the command no longer reads is lost, as in any terminal.</summary>
    public unsafe void Write(ReadOnlySpan<byte> keys)
    {
        fixed (byte* bytes = keys)
        {
            var sent = 0;
            while (sent < keys.Length && !_master.IsClosed)
            {
                var count = Libc.write(_master, bytes + sent, (nuint)(keys.Length - sent));
                if (count > 0)
                    sent += (int)count;
                else if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
                    return;
            }
        }
    }

    public void Resize(TerminalSize size) => size.ApplyTo(_master);

    /// <summary>Hangs up: whatever still runs in the terminal hears that it is gone.</summary>
    public void HangUp() => _child.Signal(Libc.SignalHangUp);

    public void Dispose()
    {
        HangUp();
        _master.Dispose();
    }

    /// <summary>Whether a read would not block: there is output, or the terminal has ended. Waits a moment for that.</summary>
    private unsafe bool Readable()
    {
        const int momentMs = 50;
        var counted = false;
        _master.DangerousAddRef(ref counted);
        try
        {
            var entry = new Libc.PollEntry { Descriptor = (int)_master.DangerousGetHandle(), Events = Libc.PollInput };
            return Libc.poll(&entry, 1, momentMs) > 0;
        }
        finally
        {
            _master.DangerousRelease();
        }
    }

    private static unsafe string SlaveName(SafeFileHandle master)
    {
        Span<byte> name = stackalloc byte[256];
        fixed (byte* bytes = name)
        {
            var error = Libc.ptsname_r(master, bytes, (nuint)name.Length);
            if (error != 0)
                throw new CliException($"No terminal can be opened: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
        return Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
    }
}
