using Lucid.Cli.Logins;
using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Commands;

/// <summary>lucid whoami: as whom commands come to a node, and by what.</summary>
internal sealed class WhoamiCommand : CliCommand
{
    public WhoamiCommand(Surroundings surroundings, NodeOptions node) : base(
        "whoami", "Show as whom commands come to a node, and what lets them in.",
        "lucid whoami --url https://lucid.example",
        "lucid whoami --json | jq -r .role")
    {
        var json = Typed.Json();
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);
            var status = await connection.Client.Auth.GetStatusAsync(cancellation);
            var (url, credential) = connection.Client.Locate();
            if (parsed.GetValue(json))
            {
                surroundings.WriteJson(status);
                return ExitCode.Ok;
            }
            var login = (credential as StoredLoginCredential)?.Login;
            surroundings.OutConsole.Write(PlainTable.Facts(
                ("user", status.UserId),
                ("role", status.Role),
                ("node", StoredLogin.OriginOf(url)),
                ("by", login is not null ? "lucid login" : surroundings.Environment("LUCID_TOKEN") is { Length: > 0 } ? "the token in LUCID_TOKEN" : "the node's own token, in its data directory"),
                ("until", login is null ? null : Plain.Moment(login.RefreshExpiresAt)),
                ("recovery codes", status.RecoveryCodesLeft is { } left ? $"{left} left" : null)));
            return ExitCode.Ok;
        });
    }
}
