namespace Lucid.Bench.Engines;

/// <summary>What stands for the comparison of engines in a build that has only one.</summary>
internal static class EnginesBenchmark
{
    public static string FindMissing() =>
        "engines compares with Microsoft.Orleans 10.2.2, which this build lacks; ./lucid bench engines builds it in where it can be restored";

    public static Task RunAsync(Effort effort, Report report) => throw new InvalidOperationException($"{FindMissing()}, and nothing runs without.");
}
