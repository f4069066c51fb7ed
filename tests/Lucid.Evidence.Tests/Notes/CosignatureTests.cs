using System.Text;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Notes;

namespace Lucid.Evidence.Tests.Notes;

public sealed class CosignatureTests
{
    private const string Name = "witness.example.com/w1";
    private static readonly Ed25519PrivateKey Key = new([.. Enumerable.Repeat((byte)7, 32)]);
    private static readonly NoteVerifierKey Verifier = NoteVerifierKey.For(Name, NoteKeyType.Cosignature, Key.PublicKey);
    private static readonly byte[] Text = new Checkpoint("example.com/behind-the-sofa", 20852163, Hash256.Of("root"u8)).ToText();

    [Theory]
    [InlineData(0)]
    [InlineData(1679315147)]
    [InlineData(long.MaxValue)]
    public void Verify_ItsOwnCosignature_GivesTheTime(long time)
    {
        var signature = Cosignature.Sign(Text, Name, Key, time);
        Assert.Equal(72, signature.Value.Length);
        Assert.Equal(time, Cosignature.Verify(Text, Verifier, signature));
        Assert.Equal(time, Assert.Single(SignedNote.Create(Text, signature).Verify(Verifier).Valid).UnixSeconds);
    }

    [Fact]
    public void Sign_Message_IsAsTheSpecificationWritesIt()
    {
        var message = Encoding.UTF8.GetBytes("cosignature/v1\ntime 1679315147\n" + Encoding.UTF8.GetString(Text));
        Assert.True(Key.PublicKey.Verify(message, Cosignature.Sign(Text, Name, Key, 1679315147).Value[8..]));
    }

    [Fact]
    public void Verify_AnyBitAltered_IsNotValid()
    {
        var value = Cosignature.Sign(Text, Name, Key, 1679315147).Value.ToArray();
        for (var bit = 0; bit < value.Length * 8; bit++)
        {
            var altered = value.ToArray();
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(Cosignature.Verify(Text, Verifier, new NoteSignature(Name, Verifier.KeyId, altered)));
        }
    }

    [Fact]
    public void Verify_OtherTextKeyTypeOrLength_IsNotValid()
    {
        var signature = Cosignature.Sign(Text, Name, Key, 1);
        var plainKey = NoteVerifierKey.For(Name, NoteKeyType.Ed25519, Key.PublicKey);
        Assert.Null(Cosignature.Verify([.. Text, .. "extension\n"u8], Verifier, signature));
        Assert.Null(Cosignature.Verify(Text, plainKey, signature));
        Assert.Null(Cosignature.Verify(Text, Verifier, new NoteSignature(Name, Verifier.KeyId, signature.Value[..71])));
        // The same key under the plain type has another id: its line is not mistaken for a cosignature.
        Assert.Single(SignedNote.Create(Text, signature).Verify(plainKey).Unknown);
    }

    [Fact]
    public void Verify_PlainSignatureOfTheCosigningMessage_IsNotValidAsANote()
    {
        var signature = new NoteSignature(Name, Verifier.KeyId, new NoteSigner(Name, Key).Sign(Text).Value);
        Assert.Single(SignedNote.Create(Text, signature).Verify(Verifier).Invalid);
    }

    [Fact]
    public void Sign_NotACheckpoint_IsRefused() =>
        Assert.Throws<MalformedException>(() => Cosignature.Sign("a text\n"u8, Name, Key, 1));
}
