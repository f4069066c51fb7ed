using System.CommandLine;
using Lucid.Cli.Node;
using Lucid.Cli.Output;
using Lucid.Cli.Policies;
using Lucid.Cli.Wallets;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Policies;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid policies: what others may do with sessions that are recorded under them.</summary>
internal sealed class PoliciesCommand : CliCommand
{
    private const int PageSize = 100;
    private const string Listed = "lucid policies";

    private readonly Surroundings _surroundings;
    private readonly NodeOptions _node;

    public PoliciesCommand(Surroundings surroundings, NodeOptions node) : base(
        "policies", "List, draw up, sign and revoke trust policies: who may do what with the sessions that are recorded under them.",
        "lucid policies create desk.json --wallet me.wallet --url https://lucid.example    drawn up, signed and in force",
        "lucid record video.mp4 --policy ID --url https://lucid.example")
    {
        _surroundings = surroundings;
        _node = node;
        var list = new CliCommand("list", "List your policies, the newest first.", "lucid policies list --json");
        Listing(this);
        Listing(list);
        Add(list);
        Add(Show());
        Add(Create());
        Add(Change());
        Add(Activate());
        Add(Simple("deactivate", "Record no new session under a policy. Those that there are stay under it.", (policies, id, token) => policies.DeactivateAsync(id, cancellation: token)));
        Add(Revoke());
        Add(Delete());
        Add(Export());
    }

    private void Listing(CliCommand command)
    {
        var owner = new Option<string?>("--owner") { Description = "Those of another user, for administrators", HelpName = "ADDRESS" };
        var json = Typed.Json();
        command.Add(owner);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await OpenAsync(parsed, cancellation);
            var policies = await connection.Client.Policies.ListAsync(parsed.GetValue(owner), PageSize, cancellation).ToListAsync(cancellation);
            if (parsed.GetValue(json))
                _surroundings.WriteJson(policies);
            else
                Print(policies);
            return ExitCode.Ok;
        });
    }

    private CliCommand Show()
    {
        var id = Id();
        var version = Version();
        var show = new CliCommand("show", "Show what a policy says: its newest version, or another one.", "lucid policies show ID", "lucid policies show ID --version 1") { id, version };
        show.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            await using var connection = await OpenAsync(parsed, cancellation);
            var view = await connection.Client.Policies.GetAsync(policy, cancellation);
            var bytes = await connection.Client.Policies.GetVersionAsync(policy, parsed.GetValue(version) ?? view.Versions.Length, cancellation);
            // What is shown is what is signed, and nothing that the node says beside it.
            TrustPolicy.Parse(bytes);
            _surroundings.Note(Describe(view));
            _surroundings.Out.Write(System.Text.Encoding.UTF8.GetString(bytes));
            return ExitCode.Ok;
        });
        return show;
    }

    private CliCommand Create()
    {
        var file = PolicyArgument();
        var wallet = WalletOption();
        var create = new CliCommand(
            "create", "Draw up a policy from a file, and with --wallet sign it and put it into force. docs/policies.md says what the file holds.",
            "lucid policies create desk.json --wallet me.wallet") { file, wallet };
        create.SetAction(async (parsed, cancellation) =>
        {
            var said = PolicyFile.Read(parsed.GetRequiredValue(file));
            var key = parsed.GetValue(wallet) is { } path ? WalletFile.Open(path) : null;
            await using var connection = await OpenAsync(parsed, cancellation);
            return await FinishAsync(connection.Client.Policies, await connection.Client.Policies.CreateAsync(said.Text, cancellation: cancellation), said, key, cancellation);
        });
        return create;
    }

    private CliCommand Change()
    {
        var id = Id();
        var file = PolicyArgument();
        var wallet = WalletOption();
        var change = new CliCommand(
            "change", "Draw up a policy's next version from a file. What is in force stays so until this one is signed.", "lucid policies change ID desk.json --wallet me.wallet") { id, file, wallet };
        change.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            var said = PolicyFile.Read(parsed.GetRequiredValue(file));
            var key = parsed.GetValue(wallet) is { } path ? WalletFile.Open(path) : null;
            await using var connection = await OpenAsync(parsed, cancellation);
            return await FinishAsync(connection.Client.Policies, await connection.Client.Policies.ChangeAsync(policy, said.Text, cancellation: cancellation), said, key, cancellation);
        });
        return change;
    }

    private CliCommand Activate()
    {
        var id = Id();
        var file = new Argument<string?>("FILE") { Description = "What the policy is to say, as JSON: nothing else is signed. --wallet needs it", Arity = ArgumentArity.ZeroOrOne };
        var wallet = WalletOption();
        var signature = new Option<string?>("--signature") { Description = "What another wallet gave, over what --statement prints", HelpName = "HEX" };
        var statement = new Option<bool>("--statement") { Description = "Only print what is to be signed: five lines, each with its line break" };
        var activate = new CliCommand(
            "activate", "Put a policy into force: its newest version with your wallet's signature; without one, the version that was in force before.",
            "lucid policies activate ID desk.json --wallet me.wallet",
            "lucid policies activate ID desk.json --statement    what any other wallet is to sign with signMessageV2",
            "lucid policies activate ID --signature 0x3f…1b      and its signature") { id, file, wallet, signature, statement };
        activate.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            var said = parsed.GetValue(file) is { } text ? PolicyFile.Read(text) : null;
            var key = parsed.GetValue(wallet) is { } path ? WalletFile.Open(path) : null;
            if (key is not null && parsed.GetValue(signature) is not null)
                throw new CliException("--wallet signs itself; leave --signature away.");
            // The node says what is to be signed, and nobody has read it: what was written has.
            if (key is not null && said is null)
                throw new CliException($"--wallet signs what you have written: name the file too, as in: lucid policies activate {policy:D} desk.json --wallet me.wallet");
            if (said is not null && key is null && !parsed.GetValue(statement))
                throw new CliException("FILE is compared with what is to be signed, with --wallet or --statement; leave it away.");
            await using var connection = await OpenAsync(parsed, cancellation);
            var policies = connection.Client.Policies;
            if (key is null && !parsed.GetValue(statement))
            {
                Told(await policies.ActivateAsync(policy, parsed.GetValue(signature), cancellation: cancellation));
                return ExitCode.Ok;
            }
            var bytes = await ReadAsync(policies, await policies.GetAsync(policy, cancellation), key, cancellation);
            if (said is not null)
                RequireSaid(said, policy, bytes);
            // What is signed is shown, whoever signs it.
            _surroundings.Note(System.Text.Encoding.UTF8.GetString(bytes));
            if (key is null)
                _surroundings.Out.Write(System.Text.Encoding.ASCII.GetString(PolicyStatement.Of(bytes).Encode()));
            else
                Told(await policies.ActivateAsync(policy, Sign(key, bytes), cancellation: cancellation));
            return ExitCode.Ok;
        });
        return activate;
    }

    private CliCommand Revoke()
    {
        var id = Id();
        var reason = new Option<string>("--reason") { Description = "Why, for whoever sees the policy: 1 to 255 characters", HelpName = "TEXT", Required = true };
        var revoke = new CliCommand(
            "revoke", "Revoke a policy for good: no new sessions, and what it allowed to others is allowed no more.", "lucid policies revoke ID --reason 'The contract ended.'") { id, reason };
        revoke.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            await using var connection = await OpenAsync(parsed, cancellation);
            Told(await connection.Client.Policies.RevokeAsync(policy, parsed.GetRequiredValue(reason), cancellation: cancellation));
            return ExitCode.Ok;
        });
        return revoke;
    }

    private CliCommand Delete()
    {
        var delete = new CliCommand("delete", "Delete a draft that was never signed.", "lucid policies delete ID");
        var id = Id();
        delete.Add(id);
        delete.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            await using var connection = await OpenAsync(parsed, cancellation);
            await connection.Client.Policies.DeleteAsync(policy, cancellation: cancellation);
            _surroundings.Note($"Policy {policy:D} is deleted.");
            return ExitCode.Ok;
        });
        return delete;
    }

    private CliCommand Export()
    {
        var id = Id();
        var version = Version();
        var output = new Option<string>("--output", "-o") { Description = "Where it goes", HelpName = "FILE", Required = true };
        var force = Typed.Force();
        var export = new CliCommand(
            "export", "Write a version of a policy with its owner's signature, for `lucid verify --policy`: the version that was signed last, or another one.",
            "lucid policies export ID -o desk.policy") { id, version, output, force };
        export.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            var path = parsed.GetRequiredValue(output);
            OutputPaths.RefuseExisting(parsed.GetValue(force), ("-o FILE", path));
            await using var connection = await OpenAsync(parsed, cancellation);
            var wanted = parsed.GetValue(version) ?? (await connection.Client.Policies.GetAsync(policy, cancellation)).ActiveVersion ??
                throw new CliException($"No version of policy {policy:D} is signed.", ExitCode.CheckFailed);
            var bytes = await connection.Client.Policies.GetSignedAsync(policy, wanted, cancellation);
            if (PolicyVerification.FindFault(SignedPolicy.Parse(bytes), TronAddress.Wallets) is { } fault)
                throw new CliException($"What the node answered is not signed by the policy's owner: {fault}. Nothing was written.", ExitCode.CheckFailed);
            await File.WriteAllBytesAsync(path, bytes, cancellation);
            _surroundings.Note($"{path} holds version {wanted} of policy {policy:D}. Hold evidence against it with: lucid verify FILE.lucid --policy {Plain.Word(path)}");
            return ExitCode.Ok;
        });
        return export;
    }

    private CliCommand Simple(string name, string description, Func<PoliciesClient, Guid, CancellationToken, Task<PolicyView>> act)
    {
        var command = new CliCommand(name, description, $"lucid policies {name} ID");
        var id = Id();
        command.Add(id);
        command.SetAction(async (parsed, cancellation) =>
        {
            var policy = ParseId(parsed, id);
            await using var connection = await OpenAsync(parsed, cancellation);
            Told(await act(connection.Client.Policies, policy, cancellation));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Signs what was drawn up, where there is a wallet, and prints the policy's id.</summary>
    private async Task<int> FinishAsync(PoliciesClient policies, PolicyView view, PolicyFile said, Secp256k1PrivateKey? key, CancellationToken cancellation)
    {
        var bytes = await ReadAsync(policies, view, key, cancellation);
        RequireSaid(said, view.PolicyId, bytes);
        if (key is null)
            _surroundings.Note($"{Describe(view)} Sign it with: lucid policies activate {view.PolicyId:D} FILE --wallet WALLET");
        else
            _surroundings.Note(Describe(await policies.ActivateAsync(view.PolicyId, Sign(key, bytes), cancellation: cancellation)));
        _surroundings.Out.WriteLine(view.PolicyId.ToString("D"));
        return ExitCode.Ok;
    }

    /// <summary>The newest version's bytes, once it is certain that they are those of this policy and, with a wallet, its owner's.</summary>
    private static async Task<byte[]> ReadAsync(PoliciesClient policies, PolicyView view, Secp256k1PrivateKey? key, CancellationToken cancellation)
    {
        var bytes = await policies.GetVersionAsync(view.PolicyId, view.Versions.Length, cancellation);
        TrustPolicy policy;
        try
        {
            policy = TrustPolicy.Parse(bytes);
        }
        catch (MalformedException e)
        {
            throw new CliException($"What the node has of version {view.Versions.Length} is no policy: {e.Message}. Nothing was signed.", e, ExitCode.CheckFailed);
        }
        if (policy.Policy != view.PolicyId || policy.Version != view.Versions.Length)
            throw new CliException("The node answered another policy, or another version of it. Nothing was signed.", ExitCode.CheckFailed);
        if (key is not null && TronAddress.Of(key.PublicKey) is var address && policy.Owner != address)
            throw new CliException($"The policy is {policy.Owner}'s, and the wallet {address}'s. Nothing was signed.", ExitCode.CheckFailed);
        return bytes;
    }

    /// <summary>The node wrote the version. It has to say what the file says, and nothing else.</summary>
    private static void RequireSaid(PolicyFile said, Guid policy, byte[] bytes)
    {
        if (!said.Says(TrustPolicy.Parse(bytes)).Encode().AsSpan().SequenceEqual(bytes))
            throw new CliException($"The node drew up something else than the file says, as `lucid policies show {policy:D}` shows. Nothing was signed.", ExitCode.CheckFailed);
    }

    private static string Sign(Secp256k1PrivateKey key, byte[] policy) =>
        key.Sign(PersonalMessage.Digest(TronAddress.Wallets.Name, PolicyStatement.Of(policy).Encode())).ToString();

    private void Told(PolicyView view) => _surroundings.Note(Describe(view));

    private static string Describe(PolicyView view) =>
        $"Policy {view.PolicyId:D}, '{view.Name}', is {view.Status}{(view.Status == "active" ? $" in version {view.ActiveVersion}" : "")}{(view.Reason is { } reason ? $": {reason}" : ".")}";

    private Task<NodeConnection> OpenAsync(ParseResult parsed, CancellationToken cancellation) => _node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);

    private static Argument<string> Id() => new("ID") { Description = $"The policy's id, as `{Listed}` lists it" };

    private static Guid ParseId(ParseResult parsed, Argument<string> id) => Typed.ParseId(parsed.GetRequiredValue(id), "policy", Listed);

    private static Option<int?> Version() => new("--version") { Description = "Which version, from 1", HelpName = "N" };

    private static Argument<string> PolicyArgument() => new("FILE") { Description = "What the policy says, as JSON" };

    private static Option<string?> WalletOption() => new("--wallet") { Description = "Sign with this wallet, which `lucid wallet new` made", HelpName = "FILE" };

    private void Print(List<PolicyView> policies)
    {
        if (policies.Count == 0)
        {
            _surroundings.Note("No policies.");
            return;
        }
        var table = PlainTable.Create("policy", "name", "state", "version", "changed");
        foreach (var policy in policies)
        {
            table.AddRow(
                new Text(policy.PolicyId.ToString("D")),
                new Text(policy.Name),
                new Text(policy.Reason is { } reason ? $"{policy.Status}: {reason}" : policy.Status),
                new Text(policy.ActiveVersion is { } version ? $"{version} of {policy.Versions.Length}" : $"none of {policy.Versions.Length}"),
                new Text(Plain.Moment(policy.UpdatedAt)));
        }
        _surroundings.OutConsole.Write(table);
    }
}
