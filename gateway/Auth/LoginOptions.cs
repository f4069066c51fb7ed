namespace Lucid.Gateway.Auth;

/// <summary>Who may sign in, and where.</summary>
public sealed record LoginOptions
{
    /// <summary>The host, and the port where it is shown, that users see in their browser: it stands in what they sign. Null: the address that is listened on.</summary>
    public string? Domain { get; init; }

    /// <summary>Whether whoever has a wallet becomes a user by signing in; else an administrator admits them before. Default false.</summary>
    public bool AdmitsStrangers { get; init; }
}
