using Lucid.Evidence.Keys;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Policies;

/// <summary>How the wallets of one kind sign messages and write addresses, for the kinds that are alike but for these two.</summary>
/// <param name="Name">What <see cref="PersonalMessage"/> names.</param>
/// <param name="AddressVersion">The byte before an account's id in the Base58Check of its address.</param>
public sealed record WalletScheme(string Name, byte AddressVersion)
{
    /// <summary>The address of whoever has the key's private half.</summary>
    public string AddressOf(Secp256k1PublicKey key) => Base58Check.Encode([AddressVersion, .. key.AccountId()]);
}

/// <summary>Checks offline, with no node and no account, who put a policy into force and that a session was recorded under it.</summary>
public static class PolicyVerification
{
    /// <summary>Why the policy's owner did not sign exactly these bytes, in one sentence; null where they did.</summary>
    public static string? FindFault(SignedPolicy signed, WalletScheme wallets)
    {
        var policy = TrustPolicy.Parse(signed.Bytes.Span);
        var message = PolicyStatement.Of(signed.Bytes.Span).Encode();
        var signer = signed.Signature.Recover(PersonalMessage.Digest(wallets.Name, message));
        if (signer is null)
            return "no wallet's key made the signature";
        var address = wallets.AddressOf(signer);
        return address == policy.Owner ? null : $"it belongs to {policy.Owner}, and {address} signed it";
    }

    /// <summary>Why the manifest's session was not recorded under this policy, in one sentence; null where it was.</summary>
    public static string? FindFault(SignedPolicy signed, Manifest manifest)
    {
        var policy = TrustPolicy.Parse(signed.Bytes.Span);
        if (manifest.PolicyHash == Hash256.Zero)
            return "the session was recorded under no policy";
        var hash = Hash256.Of(signed.Bytes.Span);
        if (manifest.PolicyHash != hash)
            return $"the session was recorded under policy {manifest.PolicyHash}, and this is {hash}";
        if (manifest.Network != policy.Network)
            return "the policy is one of another network";
        return policy.Scope.Covers(policy.Owner, manifest.Owner) ? null : $"the policy does not apply to sessions of {manifest.Owner}";
    }
}
