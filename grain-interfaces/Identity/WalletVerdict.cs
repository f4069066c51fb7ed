namespace Lucid.GrainInterfaces.Identity;

/// <summary>Whose signature it is. Whatever is not <see cref="Ok"/> lets nobody in.</summary>
public enum WalletVerdict
{
    /// <summary>It is not a signature: not 130 hexadecimal digits, or its numbers are out of range. The client has to send what the wallet gave.</summary>
    Malformed,

    /// <summary>Its s is above half the curve's order: a mirrored copy of a signature. No wallet makes one; whoever did should sign again.</summary>
    HighS,

    /// <summary>Another wallet signed, or another text. The user has to choose the account in the wallet, and sign exactly the text that was given out.</summary>
    OtherAddress,

    /// <summary>The right wallet and text, but signed by version 1 of TRON's interface, which does not say how long the text is. The client has to call signMessageV2.</summary>
    VersionOne,

    /// <summary>The right wallet and text, but signed as an Ethereum message, as old firmware does. The wallet's firmware or its TRON app has to be updated.</summary>
    EthereumPrefix,

    /// <summary>The address signed this message.</summary>
    Ok,
}

/// <summary>What came out of checking a wallet's signature.</summary>
/// <param name="Problem">For the user: what is wrong with the signature and what to do. Null where it is right.</param>
public sealed record WalletCheck(WalletVerdict Verdict, string? Problem);
