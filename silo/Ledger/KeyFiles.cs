using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Ports;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Ledger;

/// <summary>
/// This node's three signing keys, a file of mode 600 each: `lucid.signing-key/1\n&lt;use&gt;\n&lt;seed hex&gt;\n&lt;public key hex&gt;\n`. The
/// public key stands there so that a damaged seed is noticed, and not silently another key.
/// </summary>
public sealed class KeyFiles : IValidatorKeys
{
    private const string Cure = "Put the file back from a backup; without it this node is another node";

    private KeyFiles(Ed25519PrivateKey identity, Ed25519PrivateKey cosigning, Ed25519PrivateKey log) =>
        (Identity, Cosigning, Log) = (identity, cosigning, log);

    public Ed25519PrivateKey Identity { get; }
    public Ed25519PrivateKey Cosigning { get; }
    public Ed25519PrivateKey Log { get; }

    /// <param name="folder">Where the three files are.</param>
    /// <param name="mayCreate">Whether missing keys are made: as long as no genesis names them.</param>
    /// <exception cref="LedgerDamagedException">A file is missing, damaged, or readable by others.</exception>
    public static KeyFiles Open(string folder, bool mayCreate)
    {
        DurableFile.CreateDirectory(folder);
        DurableFile.RemoveUnfinished(folder);
        return new KeyFiles(Key("identity"), Key("cosigning"), Key("log"));

        Ed25519PrivateKey Key(string use)
        {
            var path = Path.Combine(folder, use);
            if (!File.Exists(path))
            {
                if (!mayCreate)
                    throw new LedgerDamagedException(path, null, "the key is missing, although this node has used it", Cure);
                Create(path, use);
            }
            return Read(path, use);
        }
    }

    private static void Create(string path, string use)
    {
        var key = Ed25519PrivateKey.Generate();
        var seed = key.ExportSeed();
        var text = new RecordWriter().Line("lucid.signing-key/1"u8).Line(use).Hex(seed).Line(key.PublicKey.ToString()).ToArray();
        DurableFile.Create(path, text, DurableFile.OwnerOnly);
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(text);
    }

    /// <exception cref="LedgerDamagedException">It is damaged, or readable by others.</exception>
    internal static Ed25519PrivateKey Read(string path, string use)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~DurableFile.OwnerOnly) != UnixFileMode.None)
            throw new LedgerDamagedException(path, null, "others may read or change this key", $"Run: chmod 600 '{path}'");
        var text = File.ReadAllBytes(path);
        try
        {
            var reader = new RecordReader("signing key", text);
            reader.Literal("lucid.signing-key/1"u8);
            reader.Literal(Encoding.UTF8.GetBytes(use));
            var key = new Ed25519PrivateKey(reader.Hex("the seed", Hash256.Size));
            var isWhole = reader.Hex("the public key", Hash256.Size).AsSpan().SequenceEqual(key.PublicKey.Bytes);
            reader.End();
            return isWhole ? key : throw new LedgerDamagedException(path, null, "seed and public key do not belong together", Cure);
        }
        catch (MalformedException)
        {
            // The reader's exception quotes the line, which may be the seed: it goes no further.
            throw new LedgerDamagedException(path, null, "not a signing key as this node writes it", Cure);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }
}
