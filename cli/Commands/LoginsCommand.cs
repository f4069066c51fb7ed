using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid logins: where a user is signed in, and ending one of them from afar.</summary>
internal sealed class LoginsCommand : CliCommand
{
    public LoginsCommand(Surroundings surroundings, NodeOptions node) : base(
        "logins", "List where you are signed in, the one that was used last first.",
        "lucid logins --url https://lucid.example",
        "lucid logins end ID --url https://lucid.example    one that you do not know, or have left open")
    {
        var json = Typed.Json();
        Add(json);
        SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);
            var logins = (await connection.Client.Auth.GetLoginsAsync(cancellation)).Logins;
            if (parsed.GetValue(json))
                surroundings.WriteJson(logins);
            else
                Print(surroundings, [.. logins], (await connection.Client.Auth.GetStatusAsync(cancellation)).LoginId);
            return ExitCode.Ok;
        });
        Add(End(surroundings, node));
    }

    private static CliCommand End(Surroundings surroundings, NodeOptions node)
    {
        var end = new CliCommand("end", "End one of your logins. Its tokens are refused everywhere within a second.", "lucid logins end ID --url https://lucid.example");
        var id = new Argument<string>("ID") { Description = "The login's id, as `lucid logins` lists it" };
        end.Add(id);
        end.SetAction(async (parsed, cancellation) =>
        {
            var login = Typed.ParseId(parsed.GetRequiredValue(id), "login", "lucid logins");
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);
            var left = await connection.Client.Auth.EndLoginAsync(login, cancellation);
            surroundings.Note($"Login {login:D} has ended; {Plain.Count(left.Logins.Length, "login")} left.");
            return ExitCode.Ok;
        });
        return end;
    }

    private static void Print(Surroundings surroundings, List<LoginView> logins, Guid? own)
    {
        var table = PlainTable.Create("login", "since", "used", "until", "from", "client");
        foreach (var login in logins)
        {
            table.AddRow(
                new Text(login.LoginId.ToString("D")),
                new Text(Plain.Moment(login.CreatedAt)),
                new Text(Plain.Moment(login.LastUsedAt)),
                new Text(Plain.Moment(login.ExpiresAt)),
                new Text(Last(login.Address, login.LastAddress)),
                new Text(login.LoginId == own ? $"{Last(login.Client, login.LastClient)}, this one" : Last(login.Client, login.LastClient)));
        }
        surroundings.OutConsole.Write(table);
    }

    /// <summary>Where a login was opened, and where it was used last, if that is elsewhere: a login that was stolen shows itself there.</summary>
    private static string Last(string opened, string? used) => used is null || used == opened ? opened : $"{opened}, then {used}";
}
