using System.Collections.Immutable;
using System.Text;
using Lucid.Silo.Supervision;

namespace Lucid.Silo.Tests.Supervision;

/// <summary>Nodes that are shell scripts: each writes down when it starts and stops, and does what a test tells it.</summary>
internal sealed class FakeNodes : IDisposable
{
    private const string Script = """
        #!/bin/sh
        home=${0%/*}
        note() { echo "$1 $LUCID__NAME" >>"$home/events"; }
        trap 'note stop; exit 0' TERM
        # Opened for writing too, so that no end is read before a test writes.
        orders=$home/$LUCID__NAME.orders
        [ -p "$orders" ] || mkfifo "$orders"
        exec 4<>"$orders"
        note start
        if [ -e "$home/$LUCID__NAME.sh" ]; then . "$home/$LUCID__NAME.sh"; fi
        echo "12:00:00 info: Lucid.Fake[0] what only the log is told"
        echo "Lucid is ready on http://127.0.0.1:8080 (fake)."
        # A signal that comes in the moment before the shell waits for a line is obeyed only when the next one wakes it.
        trap : USR1
        (while kill -USR1 $$; do sleep 0.2; done) >/dev/null 2>&1 4<&- 9<&- &
        while :; do
            if read -r order <&4; then eval "$order"; fi
        done
        """;

    public FakeNodes()
    {
        Folder = Directory.CreateTempSubdirectory("lucid-test-").FullName;
        Program = Path.Combine(Folder, "node");
        File.WriteAllText(Program, Script);
        File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllBytes(Running, []);
    }

    public string Folder { get; }

    /// <summary>What <see cref="SupervisorOptions.Command"/> may name.</summary>
    public string Program { get; }

    public string Running => Path.Combine(Folder, "running");

    /// <summary>"start silo-1" and so on, in their order.</summary>
    public IReadOnlyList<string> Events => File.Exists(EventsPath) ? File.ReadAllLines(EventsPath) : [];

    private string EventsPath => Path.Combine(Folder, "events");

    public NodePlan Plan(string name) => new(name, Path.Combine(Folder, name), ImmutableDictionary<string, string?>.Empty.Add("LUCID__NAME", name));

    public ClusterPlan Cluster(int silos) =>
        new(Plan("silo-1"), [.. Enumerable.Range(2, silos - 1).Select(silo => Plan($"silo-{silo}"))], Plan("gateway-1"));

    /// <summary>What a node does at each start, before it is ready.</summary>
    public void AtStart(string name, string shell) => File.WriteAllText(Path.Combine(Folder, $"{name}.sh"), shell);

    /// <summary>Has a node that is ready do something.</summary>
    public void Tell(string name, string shell) => Write(Path.Combine(Folder, $"{name}.orders"), shell);

    /// <summary>Writes a line into a named pipe.</summary>
    public static void Write(string pipe, string line)
    {
        // Opened for reading too, so that it does not wait for a reader that has died.
        using var stream = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
