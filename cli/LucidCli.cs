using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Lucid.Cli.Commands;
using Lucid.Evidence;

namespace Lucid.Cli;

/// <summary>The command line, without the process around it.</summary>
internal static class LucidCli
{
    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings surroundings, CancellationToken cancellation)
    {
        var parsed = Root(surroundings).Parse(arguments.Count == 0 ? ["--help"] : arguments);
        if (parsed.Action is not HelpWithExamples && UnknownOption(parsed) is { } unknown)
        {
            await surroundings.Error.WriteLineAsync($"lucid: Unknown option '{unknown}'; what begins with a dash and is no option goes behind --. See: {Path(parsed)} --help");
            return ExitCode.BadInput;
        }
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            var mistake = parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var word, ..]
                ? $"'{word}' is no command of {Path(parsed)}."
                : parsed.Errors[0].Message;
            await surroundings.Error.WriteLineAsync($"lucid: {mistake} See: {Path(parsed)} --help");
            return ExitCode.BadInput;
        }
        try
        {
            // Ctrl-C is the caller's to watch for, and so are exceptions: System.CommandLine would print their stack.
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = surroundings.Out,
                    Error = surroundings.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancellation);
        }
        catch (Exception e)
        {
            var (message, code) = Explain(e);
            await surroundings.Error.WriteLineAsync($"lucid: {message}");
            if (surroundings.Environment("LUCID_TRACE") is { Length: > 0 })
                await surroundings.Error.WriteLineAsync(e.ToString());
            return code;
        }
    }

    /// <summary>System.CommandLine takes an option that it does not know for an argument wherever one fits, such as a file's name.</summary>
    private static string? UnknownOption(ParseResult parsed)
    {
        var behindDashes = parsed.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Select(token => token.Value).ToHashSet(StringComparer.Ordinal);
        return parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens).Select(token => token.Value)
            .Concat(parsed.UnmatchedTokens)
            .FirstOrDefault(word => word.Length > 1 && word[0] == '-' && !behindDashes.Contains(word));
    }

    private static RootCommand Root(Surroundings surroundings)
    {
        var node = new NodeOptions(surroundings);
        var trust = new TrustOptions(node);
        var root = new RootCommand("Records sessions so that nobody can quietly change, drop or lose them, and verifies what was recorded.")
        {
            new RecordCommand(surroundings, node),
            new SessionsCommand(surroundings, node),
            new ShowCommand(surroundings, node),
            new VerifyCommand(surroundings, trust),
            new PlayCommand(surroundings, node),
            new ProveCommand(surroundings, node, trust),
            new RefreshCommand(surroundings, node, trust),
            new ExportCommand(surroundings, node),
            new StopCommand(surroundings, node),
            new RecoverCommand(surroundings, node),
            new EraseCommand(surroundings, node),
            new AuditCommand(surroundings, node),
            new EventsCommand(surroundings, node),
            new ConfigCommand(surroundings),
            new DoctorCommand(surroundings, node),
            new KeysCommand(surroundings, node),
            new ClusterCommand(surroundings, node),
            new DatabaseCommand(surroundings),
            new WalletCommand(surroundings),
            new LoginCommand(surroundings, node),
            new LogoutCommand(surroundings, node),
            new WhoamiCommand(surroundings, node),
            new LoginsCommand(surroundings, node),
            new TokensCommand(surroundings, node),
            new UsersCommand(surroundings, node),
            new ShareCommand(surroundings, node),
            new UnshareCommand(surroundings, node),
            new SharesCommand(surroundings, node),
            new PoliciesCommand(surroundings, node),
            new ApprovalsCommand(surroundings, node),
            new TrustCommand(surroundings, trust),
            new DemoCommand(surroundings),
        };
        root.Add(node.Data);
        root.Add(node.Url);
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new HelpWithExamples((HelpAction)option.Action!, surroundings.Out);
        return root;
    }

    private static (string Message, int Code) Explain(Exception e) => e switch
    {
        CliException known => (known.Message, known.ExitCode),
        RefusedException { MovedTo: not null } moved => ($"{moved.Message.TrimEnd('.')}: name that with --url, if you trust it.", ExitCode.CheckFailed),
        NodeUnreachableException => ($"{e.Message} Start a node with: lucid up", ExitCode.NoNode),
        NodeUntrustedException untrusted => (untrusted.Message, ExitCode.NoNode),
        LucidException refused => (refused.Message, ExitCode.CheckFailed),
        MalformedException => (e.Message, ExitCode.BadInput),
        OperationCanceledException => ("Interrupted.", ExitCode.Interrupted),
        IOException or UnauthorizedAccessException => (e.Message, ExitCode.BadInput),
        _ => ($"A mistake of ours: {e.Message} ({e.GetType().Name}). LUCID_TRACE=1 shows where.", ExitCode.CheckFailed),
    };

    private static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as CommandResult)
            names.Push(result.Command is RootCommand ? "lucid" : result.Command.Name);
        return string.Join(' ', names);
    }
}
