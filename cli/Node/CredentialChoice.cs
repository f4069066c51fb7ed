using Lucid.Cli.Logins;

namespace Lucid.Cli.Node;

/// <summary>As whom a command comes to a node.</summary>
internal enum NodeCaller
{
    /// <summary>Whose token LUCID_TOKEN holds; else, at a node named by --url, who is signed in there; else who owns the data directory.</summary>
    Usual,

    /// <summary>As usual, but who is signed in goes before the owner of the data directory at every node: what is asked for is a user's own.</summary>
    User,

    /// <summary>Nobody yet: somebody signs in.</summary>
    Nobody,
}

/// <summary>Chooses what a command shows to a node.</summary>
internal sealed class CredentialChoice(Surroundings surroundings, NodeFiles files, NodeCaller caller)
{
    private readonly LoginStore _logins = LoginStore.Of(surroundings);

    /// <param name="named">Whether it is --url that says where the node is.</param>
    /// <returns>Null where nothing is to be shown.</returns>
    /// <exception cref="CliException">The login there is damaged.</exception>
    public ICredential? For(Uri url, bool named)
    {
        if (caller == NodeCaller.Nobody)
            return null;
        if (surroundings.Environment("LUCID_TOKEN") is { Length: > 0 } given)
            return GivenToken.OfEnvironment(url, given);
        if ((named || caller == NodeCaller.User) && _logins.Read(url) is { } login)
            return new StoredLoginCredential(_logins, url, login, surroundings.Clock);
        // The node's own token lets in from its own machine only, so nobody else gets to see it.
        return url.IsLoopback && files.ReadToken() is { Length: > 0 } own ? GivenToken.OfDirectory(url, own) : GivenToken.None(url);
    }
}
