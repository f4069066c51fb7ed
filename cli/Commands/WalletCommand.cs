using System.CommandLine;
using Lucid.Cli.Output;
using Lucid.Cli.Wallets;
using Lucid.Evidence.Keys;

namespace Lucid.Cli.Commands;

/// <summary>lucid wallet: a key of one's own in a file, for those who have no wallet, and for programs.</summary>
internal sealed class WalletCommand : CliCommand
{
    public WalletCommand(Surroundings surroundings) : base("wallet", "A wallet in a file, with which `lucid login` signs in.")
    {
        Add(New(surroundings));
        Add(Address(surroundings));
    }

    private static CliCommand New(Surroundings surroundings)
    {
        var make = new CliCommand(
            "new",
            "Make a new key, write it to a file, and print its address. The file has no passphrase: it is readable by its owner alone (mode 600), and whoever can read it is you. " +
            "For more than that, sign in with a hardware wallet, or any other: lucid login --address.",
            "lucid wallet new me.wallet    keep a copy: nobody can make it again");
        var file = new Argument<string>("FILE") { Description = "Where it goes; a file that exists is never overwritten" };
        make.Add(file);
        make.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var key = Secp256k1PrivateKey.Generate();
            WalletFile.Create(path, key);
            surroundings.Note($"{path} holds the key, without a passphrase. Keep a copy: nobody can make it again. Sign in with: lucid login --url URL --wallet {Plain.Word(path)}");
            surroundings.Out.WriteLine(TronAddress.Of(key.PublicKey));
            return ExitCode.Ok;
        });
        return make;
    }

    private static CliCommand Address(Surroundings surroundings)
    {
        var address = new CliCommand("address", "Print a wallet's address, by which an administrator admits its owner.", "lucid wallet address me.wallet");
        var file = new Argument<string>("FILE") { Description = "What `lucid wallet new` wrote" };
        address.Add(file);
        address.SetAction(parsed =>
        {
            surroundings.Out.WriteLine(TronAddress.Of(WalletFile.Open(parsed.GetRequiredValue(file)).PublicKey));
            return ExitCode.Ok;
        });
        return address;
    }
}
