using System.Runtime.InteropServices;
using Lucid.Bench;
using Lucid.Bench.Engines;
using Lucid.Bench.Load;

Part[] all =
[
    new("sealing", "one chunk beside its parts", SealingBenchmark.RunAsync),
    new("verification", "an evidence file, beside SHA-256 alone", VerificationBenchmark.RunAsync),
    new("engine", "grain calls, saves and journals", EngineBenchmark.RunAsync),
    new("ledger", "anchors a second", LedgerBenchmark.RunAsync),
    new("reads", "requests a second, beside bare Kestrel", ReadBenchmark.RunAsync),
    new("gateway", "logins, and reads of who is signed in, beside bare Kestrel", GatewayBenchmark.RunAsync, OnlyWhenNamed: true),
    new("recording", "a file over HTTP, beside write + fsync", RecordingBenchmark.RunAsync),
    new("peers", "a file recorded, beside cp, gzip | openssl, restic and borg; --peers too", PeerBenchmark.RunAsync, OnlyWhenNamed: true),
    new("anchors-sustained", "a minute of anchors above ten million: 20 minutes, 8 GB", SustainedAnchorsBenchmark.RunAsync, OnlyWhenNamed: true),
    new("start", "start and idle memory of a node", StartBenchmark.RunAsync),
    new("load", "1,000 sessions recording at once on one node", LoadBenchmark.RunAsync, OnlyWhenNamed: true),
    new("flood", "20,000 sessions begun and never finished", FloodBenchmark.RunAsync, OnlyWhenNamed: true),
    new("long-session", "one session of 100,000 chunks", LongSessionBenchmark.RunAsync, OnlyWhenNamed: true),
    new("poison", "50 sessions beside one that fails in every way", PoisonBenchmark.RunAsync, OnlyWhenNamed: true),
    new("slow-disk", "a store that delays each write", SlowDiskBenchmark.RunAsync, OnlyWhenNamed: true),
    new("soak", "half of the load for 30 minutes: does anything grow", SoakBenchmark.RunAsync, OnlyWhenNamed: true),
    new("scale", "cost by bytes, sessions and length of the chain, over three orders of magnitude", ScaleBenchmark.RunAsync, OnlyWhenNamed: true),
    new("engines", "the embedded engine beside Orleans with one and with three silos", EnginesBenchmark.RunAsync, OnlyWhenNamed: true) { FindMissing = EnginesBenchmark.FindMissing },
];
if (args is ["--help" or "-h"])
{
    Console.WriteLine(Arguments.Usage(all));
    return 0;
}
var (given, mistake) = Arguments.Read(args, all);
if (given is null)
{
    Console.Error.WriteLine($"lucid bench: {mistake}.\n\n{Arguments.Usage(all)}");
    return 2;
}

if (given.Parts.Select(part => part.FindMissing()).FirstOrDefault(missing => missing is not null) is { } lacking)
{
    Console.Error.WriteLine($"lucid bench: {lacking}.");
    return 3;
}

// The table alone goes to stdout; what a node says while it runs does not.
var output = Console.Out;
Console.SetOut(TextWriter.Null);
var interrupted = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);

// A second one changes nothing: what was started is being removed.
void Obey(PosixSignalContext signal)
{
    signal.Cancel = true;
    interrupted.TrySetResult(signal.Signal);
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Obey);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Obey);
var report = new Report(given.Effort.Quick);
var running = RunAsync();
if (await Task.WhenAny(running, interrupted.Task) != running)
{
    var signal = await interrupted.Task;
    Console.Error.WriteLine($"lucid bench: {signal}; removing what was started.");
    await Cleanup.RunAsync(Console.Error);
    return signal == PosixSignal.SIGINT ? 130 : 143;
}
await running;
output.Write(report.ToText());
return 0;

async Task RunAsync()
{
    foreach (var part in given.Parts)
    {
        Console.Error.WriteLine($"· {part.Name}");
        await part.RunAsync(given.Effort, report);
    }
}
