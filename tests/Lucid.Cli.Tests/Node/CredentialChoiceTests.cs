using System.Net;
using Lucid.Cli.Logins;
using Lucid.Cli.Node;

namespace Lucid.Cli.Tests.Node;

/// <summary>Which token goes to which node.</summary>
public sealed class CredentialChoiceTests
{
    private const string Here = "http://127.0.0.1:8080/";
    private const string There = "https://lucid.example/";

    [Theory]
    // Where nobody is signed in, the token of the directory is for its own machine, whatever it is called.
    [InlineData("own", Here, false)]
    [InlineData("own", Here, true)]
    [InlineData("own", "http://localhost:8080/", true)]
    [InlineData("own", "http://[::1]:8080/", true)]
    [InlineData(null, There, true)]
    [InlineData(null, "http://10.0.0.5:8080/", true)]
    [InlineData(null, "http://127.0.0.1.evil.example:8080/", true)]
    [InlineData(null, "http://localhost.evil.example/", true)]
    // Where somebody is, the login is for whoever names the node.
    [InlineData("own", Here, false, Here)]
    [InlineData("login", Here, true, Here)]
    [InlineData("login", There, true, There)]
    [InlineData(null, "https://elsewhere.example/", true, There)]
    [InlineData(null, "http://lucid.example:443/", true, There)]
    public async Task Token_GoesToItsOwnNodeOnly(string? expected, string url, bool named, string? signedInAt = null)
    {
        Assert.Equal(expected, await ShownAsync(NodeCaller.Usual, url, named, signedInAt));
        Assert.Null(await ShownAsync(NodeCaller.Nobody, url, named, signedInAt));
        Assert.Equal("program", await ShownAsync(NodeCaller.Usual, url, named, signedInAt, "program"));
    }

    [Fact]
    public async Task UsersOwn_IsAskedForAsWhoIsSignedIn_HoweverTheNodeIsFound()
    {
        Assert.Equal("login", await ShownAsync(NodeCaller.User, Here, named: false, Here));
        Assert.Equal("own", await ShownAsync(NodeCaller.User, Here, named: false));
        Assert.Equal("program", await ShownAsync(NodeCaller.User, Here, named: false, Here, "program"));
    }

    [Fact]
    public void Refusal_WhereNobodyIsSignedIn_SaysWhatToDo()
    {
        using var cli = new CliRun();
        var choice = new CredentialChoice(cli.Surroundings, new NodeFiles(cli.Home), NodeCaller.Usual);

        var explained = choice.For(new Uri(There), named: true)!.Explain(new RefusedException(HttpStatusCode.Unauthorized, "LUCID_ERR_2001", "A bearer token is needed.", null));

        Assert.Equal("Nobody is signed in at https://lucid.example; sign in with: lucid login --url https://lucid.example", explained.Message);
    }

    private static async Task<string?> ShownAsync(NodeCaller caller, string url, bool named, string? signedInAt = null, string? environment = null)
    {
        using var cli = new CliRun();
        await File.WriteAllTextAsync(cli.File("token"), "own\n");
        cli.Set("LUCID_TOKEN", environment);
        if (signedInAt is not null)
        {
            var (store, at) = (LoginStore.Of(cli.Surroundings), new Uri(signedInAt));
            using var locked = await store.LockAsync(at, cli.Clock, CancellationToken.None);
            var answer = new LoginAnswer("login", 900, "refresh", cli.Clock.GetUtcNow().AddDays(1), "T", "user", Guid.Empty);
            await store.WriteAsync(at, StoredLogin.Of(at, answer, cli.Clock.GetUtcNow()), CancellationToken.None);
        }
        using var client = new LucidClient(() => throw new InvalidOperationException("A token that is fresh needs no node."));
        var choice = new CredentialChoice(cli.Surroundings, new NodeFiles(cli.Home), caller);
        return choice.For(new Uri(url), named) is { } credential ? await credential.GetAsync(client, CancellationToken.None) : null;
    }
}
