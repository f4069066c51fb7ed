using System.Text;

namespace Lucid.Cli.Logins;

/// <summary>What somebody types or pastes on standard input, line by line. Empty lines are skipped.</summary>
internal sealed class InputLines(Surroundings surroundings) : IDisposable
{
    /// <summary>Longer than anything that is asked for; whoever pastes more has pasted something else.</summary>
    private const int MaxLength = 1024;

    private readonly StreamReader _input = new(surroundings.OpenInput(), Encoding.UTF8);

    /// <exception cref="CliException">Nothing came.</exception>
    public async Task<string> ReadAsync(string what, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var buffer = new char[1];
        while (line.Length < MaxLength && await _input.ReadAsync(buffer, cancellation) > 0)
        {
            if (buffer[0] is not ('\r' or '\n'))
                line.Append(buffer[0]);
            else if (line.Length > 0)
                break;
        }
        return line.ToString().Trim() is { Length: > 0 } text ? text : throw new CliException($"No {what} came on standard input: enter it there, on a line of its own.");
    }

    public void Dispose() => _input.Dispose();
}
