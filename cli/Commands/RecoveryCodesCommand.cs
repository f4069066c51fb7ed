using Lucid.Cli.Logins;
using Lucid.Cli.Node;

namespace Lucid.Cli.Commands;

/// <summary>lucid login recovery-codes: others in the place of those that are lost or used.</summary>
internal sealed class RecoveryCodesCommand : CliCommand
{
    public RecoveryCodesCommand(Surroundings surroundings, NodeOptions node) : base(
        "recovery-codes", "Make other recovery codes, and print them, once. For users without a wallet, within a quarter of an hour after signing in; reads the next code of the authenticator from standard input.",
        "lucid login recovery-codes --url https://lucid.example")
    {
        SetAction(async (parsed, cancellation) =>
        {
            await using var connection = await node.OpenAsync(parsed, NodeNeed.Running, cancellation, NodeCaller.User);
            surroundings.Note("Enter the six digits that the authenticator shows; those that signed you in do not count again:");
            using var input = new InputLines(surroundings);
            var made = await connection.Client.Auth.RenewRecoveryCodesAsync(await input.ReadAsync("code", cancellation), cancellation);
            surroundings.Note("Each of these replaces the authenticator once, should it be lost; those of before are worthless. They are shown this once; keep them elsewhere:");
            foreach (var code in made.RecoveryCodes)
                surroundings.Out.WriteLine(code);
            return ExitCode.Ok;
        });
    }
}
