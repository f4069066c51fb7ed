using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid tokens: what programs show that act for a user.</summary>
internal sealed class TokensCommand : CliCommand
{
    private const int MaxDays = 366;

    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;

    public TokensCommand(Surroundings surroundings, NodeOptions node) : base(
        "tokens", "List, make and revoke tokens for programs, which give them in LUCID_TOKEN.",
        "lucid tokens --url https://lucid.example",
        "LUCID_TOKEN=$(lucid tokens make backup --url https://lucid.example)")
    {
        _surroundings = surroundings;
        _node = node;
        var list = new CliCommand("list", "List your tokens, the newest first. What they show is told where they are made, and never again.", "lucid tokens list --json");
        Listing(this);
        Listing(list);
        Add(list);
        Add(Make());
        Add(Revoke());
    }

    private void Listing(CliCommand command)
    {
        var json = Typed.Json();
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await OpenAsync(parsed, cancellation);
            var tokens = (await connection.Client.Auth.GetTokensAsync(cancellation)).Tokens;
            if (parsed.GetValue(json))
                _surroundings.WriteJson(tokens);
            else
                Print([.. tokens]);
            return ExitCode.Ok;
        });
    }

    private CliCommand Make()
    {
        var name = new Argument<string>("NAME") { Description = "What you will know it by: 1 to 100 characters" };
        var session = new Option<string?>("--session") { Description = "Only for this session", HelpName = "ID" };
        var days = new Option<int?>("--for") { Description = $"How long it is good for, 1 to {MaxDays} days. Default: {MaxDays}", HelpName = "DAYS" };
        var json = Typed.Json();
        var make = new CliCommand(
            "make", "Make a token for a program, and print it, once. It may do what you may; with --session, record and view that session, and nothing else.",
            "lucid tokens make backup --for 30 --url https://lucid.example",
            "lucid tokens make camera --session ID --url https://lucid.example") { name, session, days, json };
        make.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(days) is < 1 or > MaxDays)
                throw new CliException($"--for {parsed.GetValue(days)} is out of range; a token is good for 1 to {MaxDays} days.");
            Guid? only = parsed.GetValue(session) is { } id ? Typed.ParseSession(id) : null;
            await using var connection = await OpenAsync(parsed, cancellation);
            var made = await connection.Client.Auth.MakeTokenAsync(new TokenRequest(parsed.GetRequiredValue(name), parsed.GetValue(days) * 86_400L, only), cancellation);
            _surroundings.Note($"Token {made.Made.TokenId:D} is good until {Plain.Moment(made.Made.ExpiresAt)}. It is told here, and never again; programs give it in LUCID_TOKEN.");
            if (parsed.GetValue(json))
                _surroundings.WriteJson(made);
            else
                _surroundings.Out.WriteLine(made.Token);
            return ExitCode.Ok;
        });
        return make;
    }

    private CliCommand Revoke()
    {
        var revoke = new CliCommand("revoke", "Take a token back. It is refused everywhere within a second.", "lucid tokens revoke ID --url https://lucid.example");
        var id = new Argument<string>("ID") { Description = "The token's id, as `lucid tokens` lists it" };
        revoke.Add(id);
        revoke.SetAction(async (parsed, cancellation) =>
        {
            var token = Typed.ParseId(parsed.GetRequiredValue(id), "token", "lucid tokens");
            await using var connection = await OpenAsync(parsed, cancellation);
            var left = await connection.Client.Auth.RevokeTokenAsync(token, cancellation);
            _surroundings.Note($"Token {token:D} is revoked; {Plain.Count(left.Tokens.Length, "token")} left.");
            return ExitCode.Ok;
        });
        return revoke;
    }

    private Task<NodeConnection> OpenAsync(ParseResult parsed, CancellationToken cancellation) =>
        _node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);

    private void Print(List<TokenView> tokens)
    {
        if (tokens.Count == 0)
        {
            _surroundings.Note("No tokens.");
            return;
        }
        var table = PlainTable.Create("token", "name", "made", "until", "session");
        foreach (var token in tokens)
        {
            table.AddRow(
                new Text(token.TokenId.ToString("D")),
                new Text(token.Name),
                new Text(Plain.Moment(token.CreatedAt)),
                new Text(Plain.Moment(token.ExpiresAt)),
                new Text(token.SessionId?.ToString("D") ?? "all"));
        }
        _surroundings.OutConsole.Write(table);
    }
}
