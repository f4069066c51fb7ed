namespace Lucid.Cli;

/// <summary>What the CLI's exit codes mean. Part of its contract with scripts.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A check failed, or the node refused what was asked of it.</summary>
    public const int CheckFailed = 1;

    /// <summary>What was typed, or a file that was named, cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>No node could be reached or started.</summary>
    public const int NoNode = 3;

    /// <summary>Ended by Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}
