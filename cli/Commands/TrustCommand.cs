using System.CommandLine;
using Lucid.Cli.Output;
using Lucid.Evidence;
using Lucid.Evidence.Verification;
using Spectre.Console;

namespace Lucid.Cli.Commands;

/// <summary>lucid trust: whose validators are believed on this machine.</summary>
internal sealed class TrustCommand : CliCommand
{
    public TrustCommand(Surroundings surroundings, TrustOptions trust) : base("trust", "Say which networks' validators are believed on this machine.")
    {
        Add(AddSet(surroundings, trust));
        Add(List(surroundings, trust));
    }

    private static CliCommand AddSet(Surroundings surroundings, TrustOptions trust)
    {
        var file = new Argument<string>("FILE") { Description = "A validator set, as a node keeps it in its trust folder" };
        var replace = new Option<bool>("--replace") { Description = "Drop the other set of the same network that is trusted now" };
        var add = new CliCommand(
            "add", "Trust a validator set. Compare its fingerprint first with what the network's operators say.",
            "lucid trust add net.validators",
            "lucid trust add net.validators --replace   after the operators confirmed that the set has changed") { file, replace, trust.Folder };
        add.SetAction(parsed =>
        {
            var set = TrustOptions.ReadSet(parsed.GetRequiredValue(file));
            try
            {
                trust.Store(parsed).Add(set, parsed.GetValue(replace));
            }
            catch (TrustConflictException e)
            {
                throw new CliException($"{e.Message} If the operators confirm the new one, add --replace.", e, ExitCode.CheckFailed);
            }
            catch (MalformedException e)
            {
                throw new CliException($"{e.Message}. If that file is of no use, add --replace.", e);
            }
            surroundings.Note($"Network {set.Network} is trusted: {Plain.Count(set.Count, "validator")}, fingerprint {set.Fingerprint}.");
            return ExitCode.Ok;
        });
        return add;
    }

    private static CliCommand List(Surroundings surroundings, TrustOptions trust)
    {
        var json = Typed.Json();
        var list = new CliCommand(
            "list", "List the trusted validator sets.",
            "lucid trust list",
            "lucid trust list --json") { json, trust.Folder };
        list.SetAction(parsed =>
        {
            var sets = trust.Store(parsed).List();
            string PathOf(Hash256 network) => Path.Combine(trust.FolderOf(parsed), network + TrustStore.Extension);
            if (parsed.GetValue(json))
            {
                var told = sets.Select(set => new
                {
                    set.Network,
                    set.Fingerprint,
                    Validators = set.Validators.Select(validator => validator.Name),
                    File = PathOf(set.Network),
                });
                surroundings.WriteJson(told);
                return ExitCode.Ok;
            }
            foreach (var set in sets)
            {
                surroundings.OutConsole.Write(PlainTable.Facts(
                    ("network", set.Network.ToString()),
                    ("fingerprint", set.Fingerprint),
                    ("validators", string.Join(", ", set.Validators.Select(validator => validator.Name))),
                    ("file", PathOf(set.Network))));
            }
            if (sets.Count == 0)
                surroundings.Note($"No network is trusted here; add one with: lucid trust add FILE ({trust.FolderOf(parsed)} is empty)");
            return ExitCode.Ok;
        });
        return list;
    }
}
