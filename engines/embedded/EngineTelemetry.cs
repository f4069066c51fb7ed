using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Lucid.Engine.Embedded;

/// <summary>The engine's meter and activity source, both named "Lucid.Engine".</summary>
internal static class EngineTelemetry
{
    public const string Name = "Lucid.Engine";

    public static readonly ActivitySource Activities = new(Name);
    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Calls =
        Meter.CreateCounter<long>("lucid.engine.calls", "{call}", "Calls that ended, by grain and method.");
    public static readonly Histogram<double> CallDuration =
        Meter.CreateHistogram<double>("lucid.engine.call.duration", "s", "From a call's arrival at the mailbox to its end.");
    public static readonly Counter<long> Failures =
        Meter.CreateCounter<long>("lucid.engine.failures", "{failure}", "By grain and cause: crash, deadline, circle, mailbox_full, save, lost.");
    public static readonly Counter<long> Saves =
        Meter.CreateCounter<long>("lucid.engine.saves", "{save}", "Durable saves and appends, by grain.");
    public static readonly Histogram<int> SaveBatch =
        Meter.CreateHistogram<int>("lucid.engine.save.batch", "{save}", "Writes that shared one commit.");

    public static void Failed(string grain, string cause) =>
        Failures.Add(1, new KeyValuePair<string, object?>("grain", grain), new KeyValuePair<string, object?>("cause", cause));

    /// <summary>Gauges need the engine they look at, so each engine has a meter of its own for them, gone when it stops.</summary>
    public static Meter Gauges(Func<IEnumerable<Measurement<int>>> activations, Func<IEnumerable<Measurement<int>>> mailboxes)
    {
        var meter = new Meter(Name);
        meter.CreateObservableUpDownCounter("lucid.engine.activations", activations, "{grain}", "Grains in memory, by grain.");
        meter.CreateObservableUpDownCounter("lucid.engine.mailbox.depth", mailboxes, "{call}", "Calls that wait, by grain.");
        return meter;
    }
}
