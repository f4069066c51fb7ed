using System.Text;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Tests.Notes;

public sealed class SignedNoteTests
{
    // The example of C2SP signed-note.
    private const string ExampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string Example =
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    private static readonly NoteSigner Signer = new("lucid.example/log", new Ed25519PrivateKey(Seed(1)));

    [Fact]
    public void Verify_ExampleOfTheSpecification_IsAccepted()
    {
        var verification = SignedNote.Parse(Utf8(Example)).Verify(NoteVerifierKey.Parse(ExampleKey));
        Assert.True(verification.Accepted);
        Assert.Null(Assert.Single(verification.Valid).UnixSeconds);
    }

    [Theory]
    [InlineData(Example)]
    [InlineData("\n\n— a AAAAAAE=\n")]
    [InlineData("a\n\nb\n\n\n\n— a AAAAAAE=\n")]
    [InlineData("— a AAAAAAE=\n\n— a AAAAAAE=\n— a AAAAAAE=\n— ü/λ AAAAAAEC\n")]
    [InlineData("delete \u007f and next line \u0085 are text\n\n— a AAAAAAE=\n")]
    public void Encode_AfterParse_IsTheSameBytes(string text)
    {
        var note = SignedNote.Parse(Utf8(text));
        Assert.Equal(Utf8(text), note.Encode());
        Assert.Equal(Utf8(text), SignedNote.Create(note.TextBytes, note.Signatures).Encode());
    }

    [Fact]
    public void Parse_TextWithEmptyLines_EndsAtTheLastOne()
    {
        var note = SignedNote.Parse(Utf8("a\n\n— b AAAAAAE=\n\n— c AAAAAAE=\n"));
        Assert.Equal("a\n\n— b AAAAAAE=\n", note.Text);
        Assert.Equal("c", Assert.Single(note.Signatures).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n— a AAAAAAE=\n")]
    [InlineData("text\n\n— a AAAAAAE=")]
    [InlineData("text\n\n— a AAAAAAE=\n\n")]
    [InlineData("text\n\n— a AAAAAAE=\ntrailing\n")]
    [InlineData("text\n\n- a AAAAAAE=\n")]
    [InlineData("text\n\n—a AAAAAAE=\n")]
    [InlineData("text\n\n— AAAAAAE=\n")]
    [InlineData("text\n\n—  AAAAAAE=\n")]
    [InlineData("text\n\n— a+b AAAAAAE=\n")]
    [InlineData("text\n\n— a\u00a0b AAAAAAE=\n")]
    [InlineData("text\n\n— a AAAAAA==\n")] // a key id and no signature
    [InlineData("text\n\n— a AAAAAAE\n")]
    [InlineData("text\n\n— a AAAAAAF=\n")] // the bits that the last group does not use are not zero
    [InlineData("text\n\n— a AAAA AAE=\n")]
    [InlineData("text\n\n— a AAAAAAE=  \n")]
    [InlineData("text\n\n— a AAAA_AE=\n")]
    [InlineData("text\r\n\n— a AAAAAAE=\n")]
    [InlineData("te\txt\n\n— a AAAAAAE=\n")]
    [InlineData("te\0xt\n\n— a AAAAAAE=\n")]
    public void Parse_NotANote_IsRefused(string text) => Assert.Throws<MalformedException>(() => SignedNote.Parse(Utf8(text)));

    [Fact]
    public void Parse_InvalidUtf8_IsRefused() =>
        Assert.Throws<MalformedException>(() => SignedNote.Parse([0xff, .. Utf8("\n\n— a AAAAAAE=\n")]));

    [Fact]
    public void Parse_SignaturesUpToTheLimit_AreKeptAndMoreAreRefused()
    {
        var full = "text\n\n" + string.Concat(Enumerable.Repeat("— a AAAAAAE=\n", SignedNote.MaxSignatures));
        Assert.Equal(SignedNote.MaxSignatures, SignedNote.Parse(Utf8(full)).Signatures.Length);
        Assert.Throws<MalformedException>(() => SignedNote.Parse(Utf8(full + "— a AAAAAAE=\n")));
    }

    [Fact]
    public void Parse_BytesUpToTheLimit_AreReadAndMoreAreRefused()
    {
        const string End = "\n\n— a AAAAAAE=\n";
        var text = new string('x', SignedNote.MaxBytes - Utf8(End).Length);
        Assert.Equal(SignedNote.MaxBytes, SignedNote.Parse(Utf8(text + End)).Bytes.Length);
        Assert.Throws<MalformedException>(() => SignedNote.Parse(Utf8("x" + text + End)));
    }

    [Fact]
    public void Parse_EveryByteAltered_IsRefusedOrNoLongerAccepted()
    {
        var note = Signer.SignNote("one\ntwo\n"u8).Encode();
        for (var i = 0; i < note.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var altered = note.ToArray();
                altered[i] ^= (byte)(1 << bit);
                Assert.False(Accepts(altered), $"byte {i}, bit {bit}");
            }
        }
    }

    [Fact]
    public void Verify_UnknownSignatures_ArePassedOver()
    {
        var other = new NoteSigner("lucid.example/other", new Ed25519PrivateKey(Seed(2)));
        var sameName = new NoteSigner(Signer.Name, new Ed25519PrivateKey(Seed(3)));
        var text = "text\n"u8.ToArray();
        var sameId = new NoteSignature("elsewhere", Signer.VerifierKey.KeyId, new byte[64]);
        var note = SignedNote.Create(text, other.Sign(text), sameName.Sign(text), sameId, Signer.Sign(text));

        var verification = note.Verify(Signer.VerifierKey);

        Assert.True(verification.Accepted);
        Assert.Equal(Signer.VerifierKey, Assert.Single(verification.Valid).Key);
        Assert.Equal(3, verification.Unknown.Length);
    }

    [Fact]
    public void Verify_NoKnownKey_IsNotAccepted() => Assert.False(Signer.SignNote("text\n"u8).Verify().Accepted);

    [Fact]
    public void Verify_KnownKeyWithAWrongSignature_IsNotAcceptedBesideAGoodOne()
    {
        var other = new NoteSigner("lucid.example/other", new Ed25519PrivateKey(Seed(2)));
        var note = SignedNote.Create("text\n"u8, Signer.Sign("text\n"u8), other.Sign("another text\n"u8));
        var verification = note.Verify(Signer.VerifierKey, other.VerifierKey);
        Assert.Single(verification.Valid);
        Assert.Single(verification.Invalid);
        Assert.False(verification.Accepted);
    }

    [Fact]
    public void Verify_SameLineTwice_CountsTheKeyOnce()
    {
        var note = Signer.SignNote("text\n"u8).With(Signer.Sign("text\n"u8));
        Assert.Equal(2, note.Signatures.Length);
        Assert.Single(note.Verify(Signer.VerifierKey, Signer.VerifierKey).Valid);
    }

    [Fact]
    public void With_MoreSignatures_KeepsTheText()
    {
        var note = Signer.SignNote("a\n\n\n"u8);
        var more = note.With(new NoteSigner("b", new Ed25519PrivateKey(Seed(2))).Sign(note.TextBytes));
        Assert.Equal("a\n\n\n", more.Text);
        Assert.Equal(more.Encode(), SignedNote.Parse(more.Bytes).Encode());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no line end")]
    [InlineData("a\tb\n")]
    [InlineData("a\r\n")]
    public void Sign_TextThatNoNoteCanHold_IsRefused(string text) => Assert.Throws<ArgumentException>(() => Signer.Sign(Utf8(text)));

    [Fact]
    public void Create_SignaturesBeyondTheLimit_AreRefused()
    {
        var signature = Signer.Sign("text\n"u8);
        Assert.Throws<ArgumentException>(() => SignedNote.Create("text\n"u8));
        Assert.Throws<ArgumentException>(() => SignedNote.Create("text\n"u8, [.. Enumerable.Repeat(signature, SignedNote.MaxSignatures + 1)]));
    }

    private static bool Accepts(byte[] bytes)
    {
        try
        {
            return SignedNote.Parse(bytes).Verify(Signer.VerifierKey).Accepted;
        }
        catch (MalformedException)
        {
            return false;
        }
    }

    private static byte[] Seed(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
