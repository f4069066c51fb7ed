namespace Lucid.GrainInterfaces.Identity;

/// <summary>What a user is named by: the address of their wallet, or of their mailbox behind <see cref="MailAddress.IdPrefix"/>.</summary>
public static class UserId
{
    /// <summary>Whether a user can have that id. Whether there is one is another question.</summary>
    public static bool IsOne(string? text) => text is not null && (WalletAddress.TryParse(text, out _) || MailAddress.OfUser(text) is not null);
}
