using System.Text;

namespace Lucid.Cli.Tests;

/// <summary>Runs the command line in process, in a home folder of its own that goes with the test.</summary>
internal sealed class CliRun : IDisposable
{
    private readonly Dictionary<string, string?> _environment = new(StringComparer.Ordinal);
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("lucid-cli-test-");

    public CliRun()
    {
        _environment["LUCID_HOME"] = _home.FullName;
        _environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
    }

    public string Home => _home.FullName;

    public StringWriter Out { get; } = new();
    public StringWriter Error { get; } = new WatchedWriter();
    public MemoryStream Output { get; } = new();
    public Stream Input { get; set; } = new MemoryStream();
    public TimeProvider Clock { get; set; } = TimeProvider.System;
    public bool OutIsTerminal { get; set; }

    public string OutputText => Encoding.UTF8.GetString(Output.ToArray());

    public void Set(string name, string? value) => _environment[name] = value;

    /// <summary>A path in the home folder.</summary>
    public string File(string name) => Path.Combine(Home, name);

    /// <summary>A file in the home folder.</summary>
    public string File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(File(name), content);
        return File(name);
    }

    public Task<int> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public Task<int> RunAsync(CancellationToken cancellation, params string[] arguments) => LucidCli.RunAsync(arguments, Surroundings, cancellation);

    /// <summary>What a command sees, as it is set up now.</summary>
    public Surroundings Surroundings => new()
    {
        Out = Out,
        Error = Error,
        OpenInput = () => Input,
        OpenOutput = () => Output,
        OutIsTerminal = OutIsTerminal,
        ErrorIsTerminal = false,
        Environment = name => _environment.GetValueOrDefault(name),
        Clock = Clock,
    };

    public void Dispose() => _home.Delete(recursive: true);

    /// <summary>Can be read while it is written.</summary>
    private sealed class WatchedWriter : StringWriter
    {
        private readonly Lock _lock = new();

        public override void Write(char value)
        {
            lock (_lock)
                base.Write(value);
        }

        public override void Write(string? value)
        {
            lock (_lock)
                base.Write(value);
        }

        public override void Write(char[] buffer, int index, int count)
        {
            lock (_lock)
                base.Write(buffer, index, count);
        }

        public override string ToString()
        {
            lock (_lock)
                return base.ToString();
        }
    }
}
