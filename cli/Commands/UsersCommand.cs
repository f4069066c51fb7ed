using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid users: who may sign in, and as what.</summary>
internal sealed class UsersCommand : CliCommand
{
    private const int PageSize = 100;
    private const int MostUsers = 100_000;

    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;

    public UsersCommand(Surroundings surroundings, NodeOptions node) : base(
        "users", "List, admit, suspend and activate users, and help those who lost their authenticator, for administrators and whoever has the node's data directory.",
        "lucid users --url https://lucid.example",
        "lucid users admit TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB")
    {
        _surroundings = surroundings;
        _node = node;
        var list = new CliCommand("list", "List users.", "lucid users list --role admin", "lucid users list --json | jq -r '.[].user_id'");
        Listing(this);
        Listing(list);
        Add(list);
        Add(Admit());
        Add(Suspend());
        Add(Activate());
        Add(ResetFactor());
    }

    private void Listing(CliCommand command)
    {
        var role = Role("Only users with this role");
        var status = new Option<string?>("--status") { Description = $"Only users in this state: {string.Join(", ", UserView.States)}" };
        var limit = new Option<int>("--limit") { Description = "At most so many, 1 to 100,000", DefaultValueFactory = _ => PageSize };
        var json = Typed.Json();
        command.Add(role);
        command.Add(status);
        command.Add(limit);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            var most = parsed.GetValue(limit);
            if (most is < 1 or > MostUsers)
                throw new CliException($"--limit {most} is out of range; 1 to 100,000 users can be listed.");
            Typed.Require("--status", parsed.GetValue(status), UserView.States);
            Typed.Require("--role", parsed.GetValue(role), UserView.Roles);
            await using var connection = await OpenAsync(parsed, cancellation);
            var users = await connection.Client.Users.ListAsync(new UserFilter { Role = parsed.GetValue(role), Status = parsed.GetValue(status) }, Math.Min(most, PageSize), cancellation).Take(most).ToListAsync(cancellation);
            if (parsed.GetValue(json))
                _surroundings.WriteJson(users);
            else
                Print(users);
            return ExitCode.Ok;
        });
    }

    private CliCommand Admit()
    {
        var address = Address();
        var role = Role("What they are to be; user without it");
        var json = Typed.Json();
        var admit = new CliCommand(
            "admit", "Let somebody sign in with their wallet or by mail, or give them another role. Roles above user take a super administrator.",
            "lucid users admit TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB",
            "lucid users admit TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB --role admin") { address, role, json };
        admit.SetAction((parsed, cancellation) =>
        {
            Typed.Require("--role", parsed.GetValue(role), UserView.Roles);
            return ChangeAsync(parsed, json, (users, token) => users.AdmitAsync(parsed.GetRequiredValue(address), parsed.GetValue(role), cancellation: token), cancellation);
        });
        return admit;
    }

    private CliCommand Suspend()
    {
        var address = Address();
        var reason = new Option<string>("--reason") { Description = "What the user is told: 1 to 255 characters", HelpName = "TEXT", Required = true };
        var json = Typed.Json();
        var suspend = new CliCommand(
            "suspend", "Keep a user out. Ends all their logins and tokens within a second.",
            "lucid users suspend TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB --reason 'The wallet was stolen.'") { address, reason, json };
        suspend.SetAction((parsed, cancellation) => ChangeAsync(
            parsed, json, (users, token) => users.SuspendAsync(parsed.GetRequiredValue(address), parsed.GetRequiredValue(reason), token), cancellation));
        return suspend;
    }

    private CliCommand Activate()
    {
        var address = Address();
        var json = Typed.Json();
        var activate = new CliCommand("activate", "Let a suspended user sign in again. Their logins and tokens of before stay ended.", "lucid users activate TAf1JqdpNh4odq97EhD7fLnokMqjqgaZUB") { address, json };
        activate.SetAction((parsed, cancellation) =>
            ChangeAsync(parsed, json, (users, token) => users.ActivateAsync(parsed.GetRequiredValue(address), token), cancellation));
        return activate;
    }

    private CliCommand ResetFactor()
    {
        var address = Address();
        var json = Typed.Json();
        var reset = new CliCommand(
            "reset-factor", "Take the authenticator of a user who signs in by mail and has lost it. Ends their logins; their next link sets up a new one.",
            "lucid users reset-factor ada@example.org") { address, json };
        reset.SetAction((parsed, cancellation) =>
            ChangeAsync(parsed, json, (users, token) => users.ResetFactorAsync(parsed.GetRequiredValue(address), token), cancellation));
        return reset;
    }

    private async Task<int> ChangeAsync(
        ParseResult parsed, Option<bool> json, Func<UsersClient, CancellationToken, Task<UserView>> change, CancellationToken cancellation)
    {
        await using var connection = await OpenAsync(parsed, cancellation);
        var user = await change(connection.Client.Users, cancellation);
        if (parsed.GetValue(json))
            _surroundings.WriteJson(user);
        else
            _surroundings.Note($"{user.UserId} is {user.Role}, {user.Status}{(user.Reason is { Length: > 0 } reason ? $": {reason}" : "")}.");
        return ExitCode.Ok;
    }

    private Task<NodeConnection> OpenAsync(ParseResult parsed, CancellationToken cancellation) => _node.OpenAsync(parsed, NodeNeed.Stored, cancellation);

    private static Argument<string> Address() => new("ADDRESS") { Description = "The user's wallet, 34 characters from T on, or the e-mail address of one who has none" };

    private static Option<string?> Role(string what) => new("--role") { Description = $"{what}: {string.Join(", ", UserView.Roles)}", HelpName = "ROLE" };

    private void Print(List<UserView> users)
    {
        if (users.Count == 0)
        {
            _surroundings.Note("No users.");
            return;
        }
        var table = PlainTable.Create("user", "role", "state", "since", "signed in", "name");
        foreach (var user in users)
        {
            table.AddRow(
                new Text(user.UserId),
                new Text(user.Role),
                new Text(user.Reason is { Length: > 0 } reason ? $"{user.Status}: {reason}" : user.Status),
                new Text(Plain.Moment(user.CreatedAt)),
                new Text(user.LastLoginAt is { } last ? Plain.Moment(last) : "never"),
                new Text(user.Name ?? ""));
        }
        _surroundings.OutConsole.Write(table);
    }
}
