using System.Text;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Policies;

public sealed class PolicyVerificationTests
{
    [Fact]
    public void Statement_FitsAHardwareWallet_AndIsReadBack()
    {
        var policy = SamplePolicies.Policy() with { Version = TrustPolicy.MaxVersions };
        var statement = PolicyStatement.Of(policy.Encode());
        var bytes = statement.Encode();
        Assert.True(bytes.Length <= PolicyStatement.MaxLength);
        Assert.DoesNotContain(bytes, unit => unit is >= 0x80 or (< 0x20 and not (byte)'\n'));
        Assert.Equal(statement, PolicyStatement.Parse(bytes));
        Assert.Equal($"lucid.policy/1\n{policy.Network}\n{policy.Policy:D}\n100\n{Hash256.Of(policy.Encode())}\n", Encoding.ASCII.GetString(bytes));
        Assert.Throws<MalformedException>(() => PolicyStatement.Parse([.. bytes, (byte)'\n']));
        Assert.Throws<MalformedException>(() => PolicyStatement.Parse(bytes.AsSpan(0, bytes.Length - 1)));
    }

    [Fact]
    public void Signed_ByItsOwner_IsReadBackAndVerifies()
    {
        var signed = SignedPolicy.Parse(SamplePolicies.Sign(SamplePolicies.Policy()).Encode());
        Assert.Null(PolicyVerification.FindFault(signed, SamplePolicies.Wallets));
        Assert.Equal(SamplePolicies.Policy().Encode(), signed.Bytes.ToArray());
    }

    [Fact]
    public void Signed_BySomebodyElse_OverAnotherVersion_OrForAnotherNetworkOfWallets_DoesNotVerify()
    {
        Assert.Contains("signed it", PolicyVerification.FindFault(SamplePolicies.Sign(SamplePolicies.Policy(), by: "mallory"), SamplePolicies.Wallets), StringComparison.Ordinal);
        var signed = SamplePolicies.Sign(SamplePolicies.Policy());
        var next = signed with { Bytes = (SamplePolicies.Policy() with { Version = 3 }).Encode() };
        Assert.NotNull(PolicyVerification.FindFault(next, SamplePolicies.Wallets));
        Assert.NotNull(PolicyVerification.FindFault(signed, SamplePolicies.Wallets with { Name = "Another" }));
    }

    [Fact]
    public void File_WithAnyAlteredByte_IsRefusedOrDoesNotVerify()
    {
        var bytes = SamplePolicies.Sign(SamplePolicies.Policy()).Encode();
        // Every byte of the head, and every third of the rest: recovering a key takes milliseconds.
        for (var i = 0; i < bytes.Length; i += i < 160 ? 1 : 7)
        {
            var altered = (byte[])bytes.Clone();
            altered[i] ^= 1;
            string? fault;
            try
            {
                fault = PolicyVerification.FindFault(SignedPolicy.Parse(altered), SamplePolicies.Wallets);
            }
            catch (MalformedException malformed)
            {
                fault = malformed.Message;
            }
            Assert.True(fault is not null, $"byte {i}");
        }
    }

    [Fact]
    public void File_WithASecondTextOfTheSameSignature_IsRefused()
    {
        var text = Encoding.UTF8.GetString(SamplePolicies.Sign(SamplePolicies.Policy()).Encode());
        var line = text.Split('\n')[1];
        var low = line[^2..] == "1b" ? "00" : "01";
        foreach (var other in (string[])[line[..^2] + low, line.ToUpperInvariant(), "0x" + line, line[..^2]])
            Assert.Throws<MalformedException>(() => SignedPolicy.Parse(Encoding.UTF8.GetBytes(text.Replace(line, other, StringComparison.Ordinal))));
        Assert.Throws<MalformedException>(() => SignedPolicy.Parse(new byte[SignedPolicy.MaxLength + 1]));
    }

    [Fact]
    public void Manifest_NamesThePolicyThatItWasRecordedUnder_AndNoOther()
    {
        var signed = SamplePolicies.Sign(SamplePolicies.Policy());
        var manifest = SampleRecords.Manifest() with { PolicyHash = Hash256.Of(signed.Bytes.Span) };
        Assert.Null(PolicyVerification.FindFault(signed, manifest));
        Assert.Contains("under no policy", PolicyVerification.FindFault(signed, manifest with { PolicyHash = Hash256.Zero }), StringComparison.Ordinal);
        Assert.Contains("and this is", PolicyVerification.FindFault(signed, manifest with { PolicyHash = Hash256.Of("x"u8) }), StringComparison.Ordinal);
        Assert.Contains("another network", PolicyVerification.FindFault(signed, manifest with { Network = Hash256.Of("x"u8) }), StringComparison.Ordinal);
        Assert.Contains("does not apply", PolicyVerification.FindFault(signed, manifest with { Owner = "TMallory" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Statement_IsOfNoOtherKindThatIsSigned()
    {
        var statement = Encoding.ASCII.GetString(PolicyStatement.Of(SamplePolicies.Policy().Encode()).Encode());
        var kind = Assert.Single(SignedKinds.All, kind => statement.StartsWith(kind.Beginning, StringComparison.Ordinal));
        Assert.Equal(SigningKey.Wallet, kind.Key);
    }
}
