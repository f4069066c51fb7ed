using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lucid.Gateway.Access.Tokens;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Access;

/// <summary>
/// The keys of access tokens as they lie in DIR/keys/tokens, a file of mode 600 each, PKCS #8 in PEM. A file's name says from when on the key
/// signs, in seconds since 1970, and the key's own name, the thumbprint: so a damaged one is noticed, and is never another key.
/// </summary>
public sealed partial class TokenKeys : ITokenKeys, IDisposable
{
    // A year of keys that a clock gone wild has made, and then some; a file of ours has 241 bytes.
    private const int MaxKeys = 100;
    private const int MaxFileBytes = 4096;
    private const int MatchTimeoutMs = 100;

    private readonly string _folder;

    private TokenKeys(string folder, ImmutableArray<TokenKey> keys) => (_folder, All) = (folder, keys);

    /// <summary>Changed by whoever looks after the keys, swapped whole.</summary>
    public ImmutableArray<TokenKey> All { get; private set; }

    /// <summary>Reads all keys. There are none before the first start, which makes one once it can be published.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or readable by others, or is none of ours. The message names it and the cure, and quotes nothing of it.</exception>
    public static TokenKeys Open(DataFolder folder)
    {
        var path = folder.TokenKeys;
        DurableFile.CreateDirectory(path);
        DurableFile.RemoveUnfinished(path);
        var files = Directory.GetFiles(path);
        if (files.Length > MaxKeys)
            throw new InvalidDataException($"{path} has {files.Length} files, and at most {MaxKeys} keys belong there. Delete the oldest ones; a gateway needs those of its last month or two.");
        return new TokenKeys(path, [.. files.Select(Read).OrderBy(key => key.SignsFrom)]);
    }

    public TokenKey Add(DateTimeOffset signsFrom)
    {
        var key = new TokenKey(DateTimeOffset.FromUnixTimeSeconds(signsFrom.ToUnixTimeSeconds()), TokenSigner.Generate());
        var pem = Encoding.ASCII.GetBytes(key.Signer.ExportPem());
        try
        {
            DurableFile.Create(PathOf(key), pem, DurableFile.OwnerOnly);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
        }
        All = [.. All.Append(key).OrderBy(one => one.SignsFrom)];
        return key;
    }

    public void Remove(TokenKey key)
    {
        DurableFile.Delete(PathOf(key));
        All = All.Remove(key);
        // Not disposed: somebody may be about to find out that it signs no more.
    }

    public void Dispose()
    {
        foreach (var key in All)
            key.Signer.Dispose();
    }

    /// <exception cref="InvalidDataException">See <see cref="Open"/>.</exception>
    internal static TokenKey Read(string file)
    {
        if (FileName().Match(Path.GetFileName(file)) is not { Success: true } name || !long.TryParse(name.Groups["from"].ValueSpan, out var seconds))
            throw new InvalidDataException($"{file} is no key of access tokens: such a file is called SECONDS.THUMBPRINT.pem. Move it elsewhere.");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & ~DurableFile.OwnerOnly) != UnixFileMode.None)
            throw new InvalidDataException($"{file}: others may read or change this key, and whoever has it is anybody. Run: chmod 600 '{file}'; if somebody may have read it, delete it instead.");
        var pem = "";
        try
        {
            if (new FileInfo(file).Length <= MaxFileBytes)
                pem = File.ReadAllText(file, Encoding.Latin1);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{file} cannot be read ({unreadable.Message}). Make it readable for the user that the node runs as, and for nobody else.", unreadable);
        }
        try
        {
            var signer = TokenSigner.FromPem(pem);
            if (signer.PublicKey.KeyId == name.Groups["kid"].Value)
                return new TokenKey(DateTimeOffset.FromUnixTimeSeconds(seconds), signer);
            signer.Dispose();
        }
        catch (CryptographicException)
        {
            // The same cure, and nothing of the key's text.
        }
        throw new InvalidDataException(
            $"{file} is damaged, or is another key than its name says. Put it back from a backup; or delete it: the next start makes a new one, and nobody has to sign in again.");
    }

    private string PathOf(TokenKey key) => Path.Combine(_folder, $"{key.SignsFrom.ToUnixTimeSeconds()}.{key.Signer.PublicKey.KeyId}.pem");

    // As many digits as a date before the year 5138 has.
    [GeneratedRegex(@"^(?<from>0|[1-9]\d{0,10})\.(?<kid>[A-Za-z0-9_-]{43})\.pem\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, MatchTimeoutMs)]
    private static partial Regex FileName();
}
