using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Lucid.Cli.Terminal;

/// <summary>
/// A program started in a session of its own, so that Ctrl-C in our terminal does not reach it, with its three standard streams on one
/// file or terminal. System.Diagnostics.Process can do neither, and forking by hand is not safe in a managed process: hence posix_spawn.
/// </summary>
internal sealed class ChildProcess
{
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(int id) => Id = id;

    /// <summary>The operating system's id.</summary>
    public int Id { get; }

    /// <summary>The exit code, or 128 and the signal's number, as shells count.</summary>
    public Task<int> Exit => _exit.Task;

    /// <param name="command">The program, found in PATH, and its arguments.</param>
    /// <param name="environment">Added to our own environment, replacing what has the same name.</param>
    /// <param name="input">What is opened, before the program starts, as its standard input.</param>
    /// <param name="output">The same for standard output and error, appended to where it is a file. Where it equals <paramref name="input"/> it is opened once; a terminal
    /// that is opened so becomes the program's controlling terminal.</param>
    /// <exception cref="Win32Exception">The program could not be started.</exception>
    public static ChildProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string input, string output)
    {
        var child = new ChildProcess(Spawn(command, Environment(environment), input, output));
        var waiter = new Thread(child.Wait) { IsBackground = true, Name = $"wait for {command[0]}" };
        waiter.Start();
        return child;
    }

    /// <summary>Sends a signal, unless the program has ended.</summary>
    public void Signal(int signal)
    {
        if (!_exit.Task.IsCompleted)
            _ = Libc.kill(Id, signal);
    }

    private unsafe void Wait()
    {
        int status, result;
        do
            result = Libc.waitpid(Id, &status, 0);
        while (result < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted);
        // Whoever started us may have told the system to forget ended children; then no one knows how this one ended.
        if (result < 0)
            _exit.SetResult(0);
        else
            _exit.SetResult((status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f));
    }

    private static unsafe int Spawn(
        IReadOnlyList<string> command, IReadOnlyList<string> environment, string input, string output)
    {
        var actions = stackalloc byte[Libc.OpaqueSize];
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        byte** argumentTexts = null, environmentTexts = null;
        Check(Libc.posix_spawn_file_actions_init(actions), command[0]);
        Check(Libc.posix_spawnattr_init(attributes), command[0]);
        try
        {
            Open(actions, 0, input, Libc.ReadWrite);
            if (output == input)
                Check(Libc.posix_spawn_file_actions_adddup2(actions, 0, 1), command[0]);
            else
                Open(actions, 1, output, Libc.WriteOnly | Libc.Create | Libc.Append);
            Check(Libc.posix_spawn_file_actions_adddup2(actions, 1, 2), command[0]);

            // .NET ignores SIGPIPE, and a child would inherit that: `yes | head` would never end.
            _ = Libc.sigfillset(signals);
            Check(Libc.posix_spawnattr_setsigdefault(attributes, signals), command[0]);
            _ = Libc.sigemptyset(signals);
            Check(Libc.posix_spawnattr_setsigmask(attributes, signals), command[0]);
            Check(Libc.posix_spawnattr_setflags(
                attributes, Libc.SpawnNewSession | Libc.SpawnSetSignalDefaults | Libc.SpawnSetSignalMask), command[0]);

            argumentTexts = Texts(command);
            environmentTexts = Texts(environment);
            int process;
            Check(Libc.posix_spawnp(&process, argumentTexts[0], actions, attributes, argumentTexts, environmentTexts), command[0]);
            return process;
        }
        finally
        {
            Free(argumentTexts);
            Free(environmentTexts);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    private static unsafe void Open(byte* actions, int descriptor, string path, int flags)
    {
        // The path is copied by the call.
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
            Check(Libc.posix_spawn_file_actions_addopen(actions, descriptor, text, flags, 0x180 /* rw for the owner alone */), path);
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
            throw new Win32Exception(error, $"'{what}' could not be started: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static List<string> Environment(IReadOnlyDictionary<string, string> added)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
            merged[(string)entry.Key] = (string?)entry.Value ?? "";
        foreach (var (name, value) in added)
            merged[name] = value;
        return [.. merged.Select(entry => $"{entry.Key}={entry.Value}")];
    }

    private static unsafe byte** Texts(IReadOnlyList<string> texts)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
            list[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        return list;
    }

    private static unsafe void Free(byte** texts)
    {
        if (texts == null)
            return;
        for (var text = texts; *text != null; text++)
            Marshal.FreeCoTaskMem((nint)(*text));
        NativeMemory.Free(texts);
    }
}
