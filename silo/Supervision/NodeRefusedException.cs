namespace Lucid.Silo.Supervision;

/// <summary>A node of a cluster ended before it was ready, and would do so again: mend what the message names.</summary>
internal sealed class NodeRefusedException(string name, int exitCode, string lastWords, string log)
    : Exception($"{name} cannot run: {(lastWords.Length > 0 ? lastWords.Replace("lucid up: ", "", StringComparison.Ordinal).TrimEnd('.') : $"it ended with exit code {exitCode}")}. Its log: {log}")
{
    /// <summary>The node's own.</summary>
    public int ExitCode => exitCode;
}
