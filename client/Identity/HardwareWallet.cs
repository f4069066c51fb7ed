namespace Lucid.Client;

/// <summary>A hardware wallet.</summary>
/// <param name="Type">ledger, trezor or keepkey.</param>
/// <param name="Path">Where it derives the key from, such as m/44'/195'/0'/0/0.</param>
public sealed record HardwareWallet(string Type, string Path);

/// <summary>Whether the caller has signed in with one.</summary>
/// <param name="Status">none or connected.</param>
/// <param name="Type">As <see cref="HardwareWallet"/> has it.</param>
/// <param name="Path">As <see cref="HardwareWallet"/> has it.</param>
public sealed record HardwareStatus(string Status, string? Type, string? Path);
