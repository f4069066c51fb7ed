using Lucid.Evidence.Verification;

namespace Lucid.Cli.Commands;

/// <summary>The file to be rewritten did not verify, so there is no file to move into place.</summary>
internal sealed class NothingWrittenException(VerificationReport report) : Exception(report.Summary)
{
    public VerificationReport Report { get; } = report;
}
