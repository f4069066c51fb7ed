using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Tests.Keys;

public sealed class Base58CheckTests
{
    private const string Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static readonly Arbitrary<byte[]> _payloads =
        (from zeros in Gen.Choose(0, 6)
         from length in Gen.Choose(0, Base58Check.MaxPayload - 6)
         from rest in ArbMap.Default.GeneratorFor<byte>().ArrayOf(length)
         select (byte[])[.. new byte[zeros], .. rest]).ToArbitrary();

    // The Bitcoin wiki's "Technical background of version 1 Bitcoin addresses", step 9; and what follows from the definition.
    [Theory]
    [InlineData("00f54a5851e9372b87810a8e60cdd2e7cfd80b6e31", "1PMycacnJaSqwwJqjawXBErnLsZ7RkXUAs")]
    [InlineData("000000000000000000000000000000000000000000", "1111111111111111111114oLvT2")]
    [InlineData("", "3QJmnh")]
    public void Encode_KnownPayloads_GiveTheirTexts(string payload, string text)
    {
        Assert.Equal(text, Base58Check.Encode(Convert.FromHexString(payload)));
        Assert.Equal(payload, Convert.ToHexStringLower(Base58Check.Decode(text)));
    }

    [Fact]
    public void Decode_OfEncode_IsThePayload() => Prop.ForAll(_payloads, payload =>
        Assert.Equal(payload, Base58Check.Decode(Base58Check.Encode(payload)))).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void Decode_AnyText_IsRefusedOrTheOneTextOfItsPayload()
    {
        var texts = Gen.OneOf(
            ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""),
            Gen.Elements(Digits.ToCharArray()).ListOf().Select(characters => new string([.. characters])),
            from payload in _payloads.Generator
            from place in Gen.Choose(0, 200)
            from other in Gen.Elements((Digits + "0OIl \n\0é").ToCharArray())
            let text = Base58Check.Encode(payload)
            select place % 2 == 0 ? text.Insert(place % text.Length, other.ToString()) : text.Remove(place % text.Length, 1).Insert(place % text.Length, other.ToString()));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var payload = Base58Check.Read(text, out var problem);
            Assert.Equal(problem is null, payload is not null);
            if (payload is not null)
                Assert.Equal(text, Base58Check.Encode(payload));
            else
                Assert.Throws<MalformedException>(() => Base58Check.Decode(text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public void Decode_AnyOneCharacterAltered_IsRefused()
    {
        const string text = "1PMycacnJaSqwwJqjawXBErnLsZ7RkXUAs";
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var other in (Digits + "0OIl +").Where(other => other != text[i]))
                Assert.Null(Base58Check.Read($"{text[..i]}{other}{text[(i + 1)..]}", out _));
        }
    }

    [Theory]
    [InlineData("", "bytes")]
    [InlineData("1", "bytes")]
    [InlineData("1111", "checksum")]
    [InlineData(" 3QJmnh", "character 1")]
    [InlineData("3QJmnh\n", "character 7")]
    [InlineData("13QJmnh", "checksum")]
    [InlineData("3QJmn0", "character 6")]
    [InlineData("٣QJmnh", "character 1")]
    public void Decode_Malformed_SaysWhatIsWrong(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<MalformedException>(() => Base58Check.Decode(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bounds_TheLargestPayload_GoesBothWaysAndOneByteMoreDoesNot()
    {
        var largest = Enumerable.Repeat((byte)0xff, Base58Check.MaxPayload).ToArray();
        var text = Base58Check.Encode(largest);
        Assert.Equal(Base58Check.MaxLength, text.Length);
        Assert.Equal(largest, Base58Check.Decode(text));
        Assert.Throws<ArgumentException>(() => Base58Check.Encode([.. largest, 0]));
        Assert.Throws<MalformedException>(() => Base58Check.Decode(text + "1"));
        Assert.Throws<MalformedException>(() => Base58Check.Decode(new string('1', Base58Check.MaxLength)));
        Assert.Throws<MalformedException>(() => Base58Check.Decode(new string('z', Base58Check.MaxLength)));
    }
}
