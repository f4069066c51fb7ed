using System.Buffers;
using System.Text;
using Lucid.Cli.Output;
using Lucid.Evidence.Keys;

namespace Lucid.Cli.Wallets;

/// <summary>
/// A secp256k1 private key in a file: one line, <c>lucid-wallet-v1</c>, a space and 64 lower-case hexadecimal digits. Not encrypted: whoever
/// can read the file is its owner to every node, which is why it is readable by its owner alone (mode 600).
/// </summary>
internal static class WalletFile
{
    private const string Header = "lucid-wallet-v1 ";
    private const int Digits = 64;

    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = ~(OwnerAlone | UnixFileMode.UserExecute);

    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Writes a key where no file is: there is no second copy of whatever would be overwritten.</summary>
    /// <exception cref="CliException">There is a file, or it cannot be written.</exception>
    public static void Create(string path, Secp256k1PrivateKey key)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerAlone;
        try
        {
            using var file = new FileStream(path, options);
            file.Write(Encoding.ASCII.GetBytes($"{Header}{Convert.ToHexStringLower(key.ExportSecret())}\n"));
            file.Flush(flushToDisk: true);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new CliException($"'{path}' exists already, and a wallet is never overwritten: name another file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{path}' cannot be written: {Plain.Reason(e)}.", e);
        }
    }

    /// <exception cref="CliException">It cannot be read, is no wallet, or others can read it too. The message repeats nothing of it.</exception>
    public static Secp256k1PrivateKey Open(string path)
    {
        string text;
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
                throw new CliException($"Others than its owner may read or write '{path}': chmod 600 {Plain.Word(path)}");
            using var file = File.OpenText(path);
            // One character more than there may be, so that a longer file is no wallet, however long it is.
            var buffer = new char[Header.Length + Digits + 2];
            text = new string(buffer, 0, file.ReadBlock(buffer));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The wallet '{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
        var line = text.EndsWith('\n') ? text[..^1] : text;
        if (line.Length == Header.Length + Digits && line.StartsWith(Header, StringComparison.Ordinal) && !line.AsSpan(Header.Length).ContainsAnyExcept(_digits))
        {
            try
            {
                return new Secp256k1PrivateKey(Convert.FromHexString(line.AsSpan(Header.Length)));
            }
            catch (ArgumentException)
            {
                // A number that is no key: as good as any other text that is no wallet.
            }
        }
        throw new CliException($"'{path}' is no wallet: one has a single line, '{Header}' and {Digits} hexadecimal digits, as `lucid wallet new` writes it.");
    }
}
