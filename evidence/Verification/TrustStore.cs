using Lucid.Evidence.Ledger;

namespace Lucid.Evidence.Verification;

/// <summary>
/// The validator sets that a person or node trusts: a folder with one file <c>&lt;network id&gt;.validators</c> for each network, which
/// holds
/// the text of its <see cref="ValidatorSet"/>. The folder need not exist until something is added.
/// </summary>
/// <param name="folder">Such as <c>~/.lucid/trust</c>.</param>
public sealed class TrustStore(string folder)
{
    /// <summary>What the files' names end in.</summary>
    public const string Extension = ".validators";

    /// <summary>Trusts a set from now on. Adding a set that is trusted already changes nothing.</summary>
    /// <param name="set">The set; its fingerprint should have been compared with what its operators say.</param>
    /// <param name="replace">Whether to drop another set of the same network that is trusted now.</param>
    /// <exception cref="TrustConflictException">Another set of that network is trusted, and it is not to be replaced.</exception>
    /// <exception cref="MalformedException">The file of that network is no validator set.</exception>
    public void Add(ValidatorSet set, bool replace = false)
    {
        var path = PathOf(set.Network);
        if (File.Exists(path) && !replace)
        {
            var known = Read(path);
            if (known.Hash == set.Hash)
                return;
            throw new TrustConflictException(known, set);
        }
        Directory.CreateDirectory(folder);
        // Whole or not at all: a reader, or a crash, never meets half a set.
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            file.Write(set.Encode());
            // Before the rename: a name on the disk without its bytes would be half a set after all.
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Every trusted set, in the order of the networks' ids.</summary>
    /// <exception cref="MalformedException">A file is no validator set, or not of the network in its name; the message names
    /// it.</exception>
    public IReadOnlyList<ValidatorSet> List()
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.EnumerateFiles(folder, $"*{Extension}").Order(StringComparer.Ordinal).Select(Read)];
    }

    /// <summary>The same, as the verifier takes them.</summary>
    /// <exception cref="MalformedException">As <see cref="List"/>.</exception>
    public TrustedValidators Load() => new(List());

    private string PathOf(Hash256 network) => Path.Combine(folder, $"{network}{Extension}");

    private static ValidatorSet Read(string path)
    {
        try
        {
            var set = ValidatorSet.Parse(File.ReadAllBytes(path));
            return Path.GetFileName(path) == $"{set.Network}{Extension}"
                ? set
                : throw new MalformedException("trusted validators", $"it is of network {set.Network}");
        }
        catch (MalformedException problem)
        {
            throw new MalformedException("trusted validators", $"{path}: {problem.Message}");
        }
    }
}

/// <summary>
/// Another set of the network is trusted already. Either the network's operators changed, which they will confirm, or somebody offers a
/// false
/// set: compare the fingerprints with them before replacing.
/// </summary>
public sealed class TrustConflictException(ValidatorSet trusted, ValidatorSet offered)
    : Exception($"Network {trusted.Network} is trusted with fingerprint {trusted.Fingerprint}; the set offered has {offered.Fingerprint}.")
{
    public ValidatorSet Trusted { get; } = trusted;

    public ValidatorSet Offered { get; } = offered;
}
