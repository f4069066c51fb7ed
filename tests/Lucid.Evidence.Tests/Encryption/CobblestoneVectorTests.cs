using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

/// <summary>Wycheproof's cases, applied as its doc/c2sp_chunked_encryption.md says to each way of using the format.</summary>
public sealed class CobblestoneVectorTests
{
    private const string FileName = "c2sp_chunked_encryption_aes_256_gcm_test.json";

    [Fact]
    public void OneShot_EveryVector_ComesOutAsTheFileSays() => VectorFolder.RunAll(Cases(), c => c.Name, c =>
    {
        byte[] Decrypt()
        {
            var plain = new byte[Cobblestone.PlainLength(c.Cipher.Length)];
            return plain[..Cobblestone.Decrypt(c.Key, c.Context, c.Cipher, plain)];
        }
        if (c.Valid)
            c.CheckWhole(Decrypt());
        else
            AssertRefused(c, () => Decrypt());
    });

    [Fact]
    public void Reader_EveryVector_GivesNoMoreThanTheValidPrefix() => VectorFolder.RunAll(Cases(), c => c.Name, c =>
    {
        foreach (var size in new[] { 1000, 16384, 70_000 })
        {
            var plain = new MemoryStream();
            CobblestoneReader? reader = null;
            void ReadAll()
            {
                reader = new CobblestoneReader(new MemoryStream(c.Cipher), c.Key, c.Context);
                reader.CopyTo(plain, size);
            }
            if (c.Valid)
            {
                ReadAll();
                c.CheckWhole(plain.ToArray());
                continue;
            }
            AssertRefused(c, ReadAll);
            c.CheckPrefix(plain.ToArray());
            if (reader is not null)
                Assert.Throws<CobblestoneException>(() => reader.ReadByte());
        }
    });

    [Fact]
    public void RandomAccess_EveryVector_ComesOutAsTheFileSays() => VectorFolder.RunAll(Cases(), c => c.Name, c =>
    {
        CobblestoneFile Open() => CobblestoneFile.Open(c.Key, c.Context, c.Cipher.Length, (offset, destination) =>
        {
            var count = (int)Math.Max(0, Math.Min(destination.Length, c.Cipher.Length - offset));
            c.Cipher.AsSpan((int)offset, count).CopyTo(destination);
            return count;
        });
        byte[] ReadAll()
        {
            using var opened = Open();
            var plain = new byte[opened.ClaimedLength];
            Assert.Equal(plain.Length, opened.Read(0, plain));
            return plain;
        }
        if (!c.Valid)
        {
            AssertRefused(c, () => ReadAll());
            if (c.Has("ValidFinalChunk"))
                Open().AuthenticLength();
            else
                AssertRefused(c, () => Open().AuthenticLength());
            return;
        }
        var whole = ReadAll();
        c.CheckWhole(whole);
        using var file = Open();
        Assert.Equal(whole.Length, file.AuthenticLength());
        var random = new Random(c.Cipher.Length);
        for (var i = 0; i < 50; i++)
        {
            var offset = random.Next(whole.Length + 10);
            var part = new byte[random.Next(40_000)];
            var read = file.Read(offset, part);
            Assert.Equal(whole.AsSpan(Math.Min(offset, whole.Length))[..read], part.AsSpan(0, read));
            Assert.Equal(Math.Max(0, Math.Min(part.Length, whole.Length - offset)), read);
        }
    });

    [Fact]
    public void Encrypt_EveryValidVectorsMessageAndSalt_GivesItsCiphertext() => VectorFolder.RunAll(ValidCases(), c => c.Name, c =>
    {
        var plain = new byte[Cobblestone.PlainLength(c.Cipher.Length)];
        Cobblestone.Decrypt(c.Key, c.Context, c.Cipher, plain);
        var salt = c.Cipher.AsSpan(0, Cobblestone.SaltSize);
        var again = new byte[Cobblestone.CipherLength(plain.Length)];
        Cobblestone.Encrypt(c.Key, c.Context, salt, plain, again);
        Assert.Equal(c.Cipher, again);

        var stream = new MemoryStream();
        using var writer = new CobblestoneWriter(stream, c.Key, c.Context, salt, leaveOpen: true);
        for (var rest = plain.AsMemory(); rest.Length > 0; rest = rest[Math.Min(5000, rest.Length)..])
            writer.Write(rest.Span[..Math.Min(5000, rest.Length)]);
        writer.Complete();
        Assert.Equal(c.Cipher, stream.ToArray());
    });

    [Fact]
    public void Derive_EveryVectorThatSaysTheRawKey_GivesThatKeyAndNonce() =>
        VectorFolder.RunAll(Cases().Where(c => c.AeadKey is not null), c => c.Name, c =>
        {
            var derived = new byte[RecordCipher.DerivedSize];
            RecordCipher.Derive(c.Key, c.Context, c.Cipher.AsSpan(0, Cobblestone.SaltSize), derived);
            Assert.Equal(c.AeadKey, derived[..32]);
            Assert.Equal(c.BaseNonce, derived[32..44]);
        });

    private static void AssertRefused(Case c, Action act)
    {
        if (c.Has("InvalidKeySize"))
        {
            Assert.Throws<ArgumentException>(act);
            return;
        }
        var fault = Assert.Throws<CobblestoneException>(act).Fault;
        if (c.Has("WrongKey") || c.Has("WrongContext"))
            Assert.Equal(CobblestoneFault.WrongKeyOrContext, fault);
    }

    private static IEnumerable<Case> ValidCases() => Cases().Where(c => c.Valid);

    private static List<Case> Cases()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find(FileName)));
        var cases = new List<Case>();
        foreach (var group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
                cases.Add(new Case(test));
        }
        return cases;
    }

    private sealed class Case
    {
        private readonly HashSet<string?> _flags;
        private readonly int? _messageLength;
        private readonly byte[]? _messageHash;

        public Case(JsonElement test)
        {
            Name = $"tcId {test.GetProperty("tcId")} ({test.GetProperty("comment")})";
            Key = Hex(test, "key")!;
            Context = Hex(test, "ctx")!;
            AeadKey = Hex(test, "aeadKey");
            BaseNonce = Hex(test, "baseNonce");
            Valid = test.GetProperty("result").GetString() == "valid";
            _flags = [.. test.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString())];
            _messageLength = test.TryGetProperty("msgLength", out var length) ? length.GetInt32() : null;
            _messageHash = Hex(test, "msgSha512");
            using var inflated = new ZLibStream(new MemoryStream(Hex(test, "ct")!), CompressionMode.Decompress);
            var cipher = new MemoryStream();
            inflated.CopyTo(cipher);
            Cipher = cipher.ToArray();
        }

        public string Name { get; }
        public byte[] Key { get; }
        public byte[] Context { get; }
        public byte[] Cipher { get; }
        public byte[]? AeadKey { get; }
        public byte[]? BaseNonce { get; }
        public bool Valid { get; }

        public bool Has(string flag) => _flags.Contains(flag);

        public void CheckWhole(byte[] plain)
        {
            Assert.Equal(_messageLength, plain.Length);
            Assert.Equal(_messageHash, SHA512.HashData(plain));
        }

        public void CheckPrefix(byte[] plain)
        {
            var most = _messageLength ?? 0;
            Assert.True(plain.Length <= most, $"{plain.Length} bytes came out; the valid prefix has {most}.");
            if (plain.Length == _messageLength)
                Assert.Equal(_messageHash, SHA512.HashData(plain));
        }

        private static byte[]? Hex(JsonElement test, string name) =>
            test.TryGetProperty(name, out var value) ? Convert.FromHexString(value.GetString()!) : null;
    }
}
