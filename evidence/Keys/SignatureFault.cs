namespace Lucid.Evidence.Keys;

/// <summary>Why bytes are not a signature that is accepted here.</summary>
public enum SignatureFault
{
    /// <summary>Nothing is wrong with its form. Who made it, and over what, is another question.</summary>
    None,

    /// <summary>It has not the length of a signature.</summary>
    Length,

    /// <summary>Its last byte is none of 0, 1, 27 and 28.</summary>
    RecoveryId,

    /// <summary>r or s is 0, or not below the curve's order.</summary>
    Range,

    /// <summary>s is above half the order. Such a signature is the mirror of an accepted one, which anybody can make without the key.</summary>
    HighS,
}
