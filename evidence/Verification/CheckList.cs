using System.Collections.Immutable;

namespace Lucid.Evidence.Verification;

/// <summary>Collects what the checks find. A check that failed stays failed, and the failure met first is remembered.</summary>
/// <param name="names">The checks of the report, in order; by default those of an evidence file.</param>
internal sealed class CheckList(ImmutableArray<string>? names = null)
{
    /// <summary>Failures of one check that are told; a file of which everything is broken must not make an endless report.</summary>
    private const int MaxFailures = 10;

    private readonly ImmutableArray<string> _names = names ?? CheckNames.All;
    private readonly Dictionary<string, (CheckOutcome Outcome, List<string> Findings, int Count)> _checks = [];

    /// <summary>The failure met first, or null.</summary>
    public string? FirstFailure { get; private set; }

    public bool Passed(string name) => _checks.TryGetValue(name, out var check) && check.Outcome is CheckOutcome.Passed or CheckOutcome.NotTrusted;

    public void Pass(string name, string finding) => Set(name, CheckOutcome.Passed, finding);

    public void Skip(string name, string finding) => Set(name, CheckOutcome.Skipped, finding);

    public void NotTrusted(string name, string finding) => Set(name, CheckOutcome.NotTrusted, finding);

    public void Fail(string name, string finding)
    {
        FirstFailure ??= $"{name}: {finding}";
        Set(name, CheckOutcome.Failed, finding);
    }

    /// <summary>Fails where there is a fault, else passes.</summary>
    public void Judge(string name, string? fault, string finding)
    {
        if (fault is null)
            Pass(name, finding);
        else
            Fail(name, fault.TrimEnd('.'));
    }

    /// <summary>Runs a parser; what it refuses fails the check.</summary>
    /// <returns>Null where it refused.</returns>
    public T? Parse<T>(string name, string entry, Func<T> parse) where T : class
    {
        try
        {
            return parse();
        }
        catch (MalformedException problem)
        {
            Fail(name, $"{entry}: {problem.Message}");
            return null;
        }
    }

    /// <summary>What all of it comes to, and in one line.</summary>
    /// <param name="readable">Whether it is known whose evidence it is; see <see cref="Verdict.Unreadable"/>.</param>
    /// <param name="expected">The checks that had to be reached. Nothing is verified by not having been looked at.</param>
    public (Verdict Verdict, string Summary) Conclude(bool readable, IEnumerable<string> expected)
    {
        if (FirstFailure is null && expected.FirstOrDefault(name => !_checks.ContainsKey(name)) is { } missing)
            Fail(missing, "this check was not reached, though nothing failed before it");
        if (FirstFailure is not null)
            return readable ? (Verdict.Failed, $"FAILED: {FirstFailure}") : (Verdict.Unreadable, $"UNREADABLE: {FirstFailure}");
        var doubts = _names.Where(name => _checks.TryGetValue(name, out var check) && check.Outcome == CheckOutcome.NotTrusted).ToList();
        if (doubts.Count == 0)
            return (Verdict.Verified, "VERIFIED");
        var told = doubts.Contains(CheckNames.Trust) ? CheckNames.Trust : doubts[0];
        return (Verdict.NotTrusted, $"CONSISTENT, NOT TRUSTED: {_checks[told].Findings[0]}");
    }

    public ImmutableArray<VerificationCheck> ToImmutable() =>
        [.. _names.Select(name => _checks.TryGetValue(name, out var check)
            ? new VerificationCheck(name, check.Outcome, Text(check.Findings, check.Count))
            : new VerificationCheck(name, CheckOutcome.NotReached, ""))];

    private void Set(string name, CheckOutcome outcome, string finding)
    {
        if (!_checks.TryGetValue(name, out var check) || check.Outcome < outcome)
            _checks[name] = (outcome, [finding], 1);
        else if (check.Outcome == outcome && outcome == CheckOutcome.Failed)
        {
            if (check.Findings.Count < MaxFailures)
                check.Findings.Add(finding);
            _checks[name] = check with { Count = check.Count + 1 };
        }
    }

    private static string Text(List<string> findings, int count)
    {
        var text = string.Join("; ", findings);
        return count > findings.Count ? $"{text}; and {count - findings.Count} more" : text;
    }
}
