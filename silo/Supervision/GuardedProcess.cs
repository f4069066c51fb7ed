using System.ComponentModel;
using System.Diagnostics;

namespace Lucid.Silo.Supervision;

/// <summary>
/// A program that ends when we do, however we end. A shell, its guard, holds the other end of a pipe of ours: while we live it passes on
/// the signals that we write there, and when the kernel closes it for us the guard ends the program. PR_SET_PDEATHSIG would not do: it goes
/// with the thread that forked, which for us is any of the pool's, and is lost where the program changes its user. Guard and program have a
/// session of their own, so that Ctrl-C in our terminal reaches us alone and the order of a stop is ours.
/// </summary>
internal sealed class GuardedProcess : IDisposable
{
    // $1 is held open by all that we start, $2 is what to do when we are gone, $3 what to delete at the end, and the rest the program.
    private const string Guard = """
        running=$1 farewell=$2 rubbish=$3
        shift 3
        exec 9<"$running" 3<&0 </dev/null
        "$@" 3<&- &
        program=$!
        # Whoever ends a whole group of processes means the program, and this one stays until it has. Not before: a signal that comes
        # between the fork and the program would go to the shell's copy, and be forgotten.
        trap : TERM INT HUP
        (
            trap '' TERM INT HUP
            exec >/dev/null 2>&1
            while read -r signal; do kill -"$signal" $program; done
            set -- $farewell
            while [ $# -gt 0 ]; do
                kill -"$1" $program
                tenths=$(($2 * 10))
                while [ $tenths -gt 0 ] && kill -0 $program; do
                    sleep 0.1
                    tenths=$((tenths - 1))
                done
                shift 2
            done
        ) <&3 &
        minder=$!
        exec 3<&-
        while :; do
            wait $program
            code=$?
            # A signal of ours ends the waiting too.
            kill -0 $program 2>/dev/null || break
        done
        [ -z "$rubbish" ] || rm -rf -- "$rubbish"
        kill -KILL $minder
        exit $code
        """;

    private readonly Process _process;
    private readonly Lock _hearing = new();
    private readonly Action<string> _hear;

    private GuardedProcess(Process process, Action<string> hear)
    {
        (_process, _hear) = (process, hear);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exited = ExitAsync();
    }

    /// <summary>The program's exit code, or 128 and the signal's number, once all that it said was heard.</summary>
    public Task<int> Exited { get; }

    /// <param name="hear">Told each line that the program writes, one at a time.</param>
    /// <exception cref="IOException">The system lacks a program that guards.</exception>
    public static GuardedProcess Start(GuardedProgram program, Action<string> hear)
    {
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Guard, "lucid-guard", program.Running, program.Farewell, program.Rubbish ?? "", .. program.Command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = program.Folder,
        };
        foreach (var (name, value) in program.Environment)
        {
            // Our options are known in any case, and one that is given twice is a mistake.
            foreach (var same in start.Environment.Keys.Where(key => key.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList())
                start.Environment.Remove(same);
            if (value is not null)
                start.Environment[name] = value;
        }
        try
        {
            return new GuardedProcess(Process.Start(start)!, hear);
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"{program.Command[0]} cannot be started: {missing.Message}. It needs setsid (Debian's package util-linux) and sh.", missing);
        }
    }

    /// <summary>Sends a signal by its name, such as TERM, unless the program has ended.</summary>
    public void Signal(string name)
    {
        try
        {
            _process.StandardInput.WriteLine(name);
            _process.StandardInput.Flush();
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            // Nobody reads: the guard is gone, and it goes after its program.
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_hearing)
            _hear(line);
    }
}
