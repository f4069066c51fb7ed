using System.CommandLine;
using System.Net;
using Lucid.Cli.Logins;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid logout: ends the login at a node, there and here.</summary>
internal sealed class LogoutCommand : CliCommand
{
    public LogoutCommand(Surroundings surroundings, NodeOptions node) : base(
        "logout", "Sign out at a node. The login's tokens are refused everywhere within a second.",
        "lucid logout --url https://lucid.example",
        "lucid logout --url https://lucid.example --everywhere    all your logins, on other machines too")
    {
        var everywhere = new Option<bool>("--everywhere") { Description = "All your logins, on other machines too, and your tokens for programs" };
        Add(everywhere);
        SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.Nobody);
            var url = connection.Client.Locate().Url;
            var logins = LoginStore.Of(surroundings);
            if (logins.Read(url) is not { } login)
            {
                surroundings.Note($"Nobody is signed in at {StoredLogin.OriginOf(url)}.");
                return ExitCode.Ok;
            }
            var credential = new StoredLoginCredential(logins, url, login, surroundings.Clock);
            using var client = new LucidClient(url, credential, new LucidClientOptions { Persistence = null });
            try
            {
                await client.Auth.SignOutAsync(parsed.GetValue(everywhere), cancellation);
                surroundings.Note($"{login.UserId} is signed out at {login.Origin}{(parsed.GetValue(everywhere) ? ", everywhere" : "")}.");
            }
            catch (RefusedException e) when (e.Status == HttpStatusCode.Unauthorized)
            {
                surroundings.Note($"The login of {login.UserId} at {login.Origin} had ended already.");
            }
            using var locked = await logins.LockAsync(url, surroundings.Clock, CancellationToken.None);
            logins.Delete(url);
            return ExitCode.Ok;
        });
    }
}
