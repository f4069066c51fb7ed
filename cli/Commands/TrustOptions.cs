using System.CommandLine;
using Lucid.Cli.Output;
using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Verification;

namespace Lucid.Cli.Commands;

/// <summary>Which validators are believed here.</summary>
internal sealed class TrustOptions(NodeOptions node)
{
    public Option<string?> Folder { get; } = new("--trust")
    {
        Description = "The folder of trusted validator sets. Default: trust in the data directory",
        HelpName = "DIR",
    };

    public string FolderOf(ParseResult parsed) => parsed.GetValue(Folder) is { } named ? Path.GetFullPath(named) : node.Files(parsed).TrustPath;

    public TrustStore Store(ParseResult parsed) => new(FolderOf(parsed));

    /// <exception cref="CliException">A file in the folder is no validator set.</exception>
    public TrustedValidators Load(ParseResult parsed)
    {
        try
        {
            return Store(parsed).Load();
        }
        catch (MalformedException e)
        {
            throw new CliException($"{e.Message}. Remove that file, or name another folder with --trust.", e);
        }
    }

    /// <exception cref="CliException">There is no such file, or it holds no validator set.</exception>
    public static ValidatorSet ReadSet(string path)
    {
        try
        {
            const long mostBytes = 64 * 1024;
            return new FileInfo(path).Length <= mostBytes
                ? ValidatorSet.Parse(File.ReadAllBytes(path))
                : throw new CliException($"'{path}' is longer than a validator set can be ({mostBytes} bytes).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The validators file '{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
        catch (MalformedException e)
        {
            throw new CliException($"'{path}' is no validator set: {e.Message}.", e);
        }
    }
}
