using Lucid.Evidence.Policies;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

/// <summary>Evidence held against the policy that it is said to be recorded under.</summary>
public sealed class PolicyCheckTests
{
    private readonly TestNetwork _network = new(1);

    [Fact]
    public async Task Verify_WithThePolicyOfTheManifest_SaysWhoseItIs()
    {
        var signed = SamplePolicies.Sign(Policy());
        var check = await CheckAsync(Hash256.Of(signed.Bytes.Span), signed, Verdict.Verified);
        Assert.Equal(CheckOutcome.Passed, check.Outcome);
        Assert.Contains($"version 2 of policy {Policy().Policy}", check.Finding, StringComparison.Ordinal);
        Assert.Contains($"which {SamplePolicies.Owner} signed", check.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithAnotherPolicy_OrOneThatItsOwnerDidNotSign_Fails()
    {
        var signed = SamplePolicies.Sign(Policy());
        var hash = Hash256.Of(signed.Bytes.Span);
        Assert.Contains("and this is", (await CheckAsync(hash, SamplePolicies.Sign(Policy() with { Name = "another" }), Verdict.Failed)).Finding, StringComparison.Ordinal);
        Assert.Contains("signed it", (await CheckAsync(hash, SamplePolicies.Sign(Policy(), by: "mallory"), Verdict.Failed)).Finding, StringComparison.Ordinal);
        Assert.Contains("under no policy", (await CheckAsync(Hash256.Zero, signed, Verdict.Failed)).Finding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_WithoutAPolicy_SaysWhetherThereIsOne_AndVerifies()
    {
        var hash = Hash256.Of("a policy"u8);
        var check = await CheckAsync(hash, signed: null, Verdict.Verified);
        Assert.Equal((CheckOutcome.Skipped, $"the session was recorded under policy {hash}, which was not given"), (check.Outcome, check.Finding));
        Assert.Equal("the session was recorded under no trust policy", (await CheckAsync(Hash256.Zero, signed: null, Verdict.Verified)).Finding);
    }

    private TrustPolicy Policy() => SamplePolicies.Policy() with { Network = _network.Id };

    private async Task<VerificationCheck> CheckAsync(Hash256 policyHash, SignedPolicy? signed, Verdict expected)
    {
        var evidence = TestEvidence.Make(_network, [[1]], change: manifest => manifest with { PolicyHash = policyHash });
        var options = new VerifyOptions { Policy = signed is null ? null : new GivenPolicy(signed, SamplePolicies.Wallets) };
        using var file = new MemoryStream(await evidence.FileAsync());
        var report = await EvidenceVerifier.VerifyAsync(file, new TrustedValidators(_network.Validators), options, CancellationToken.None);
        Assert.True(report.Verdict == expected, report.Summary);
        return report[CheckNames.Policy];
    }
}
