using System.Runtime.InteropServices;
using Lucid.Cli;

// The first Ctrl-C ends a command in order; the second ends the process.
using var interrupted = new CancellationTokenSource();
void Interrupt(PosixSignalContext signal)
{
    if (interrupted.IsCancellationRequested)
        return;
    signal.Cancel = true;
    interrupted.Cancel();
}
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);

return await LucidCli.RunAsync(args, Surroundings.OfProcess(), interrupted.Token);
