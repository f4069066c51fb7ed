using Lucid.Bench;

(string Name, Func<Effort, Report, Task> RunAsync)[] all =
[
    ("sealing", SealingBenchmark.RunAsync),
    ("verification", VerificationBenchmark.RunAsync),
    ("engine", EngineBenchmark.RunAsync),
    ("ledger", LedgerBenchmark.RunAsync),
    ("reads", ReadBenchmark.RunAsync),
    ("recording", RecordingBenchmark.RunAsync),
    ("start", StartBenchmark.RunAsync),
];
var names = args.Where((_, i) => i > 0 && args[i - 1] == "--only").ToArray();
var quick = args.Contains("--quick", StringComparer.Ordinal);
if (args.Length != (quick ? 1 : 0) + (2 * names.Length) || names.Except(all.Select(one => one.Name), StringComparer.Ordinal).Any())
{
    Console.Error.WriteLine($"lucid bench: usage is [--only NAME]... [--quick]; NAME is one of {string.Join(", ", all.Select(one => one.Name))}.");
    return 2;
}

// The table alone goes to stdout; what a node says while it runs does not.
var output = Console.Out;
Console.SetOut(TextWriter.Null);
var report = new Report(quick);
foreach (var (name, runAsync) in all.Where(one => names.Length == 0 || names.Contains(one.Name, StringComparer.Ordinal)))
{
    Console.Error.WriteLine($"· {name}");
    await runAsync(new Effort(quick), report);
}
output.Write(report.ToText());
return 0;
