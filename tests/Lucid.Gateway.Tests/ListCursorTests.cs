using System.Buffers.Text;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Lists;

namespace Lucid.Gateway.Tests;

public sealed class ListCursorTests
{
    private static readonly ListPosition[] _places =
    [
        new("created_at", "0190b7a4-0000-7000-8000-000000000001") { Time = 1_700_000_000_123_456 },
        new("updated_at", "x") { Time = -62_135_596_800_000_000 },
        new("created_at", "TAda") { Time = 253_402_300_799_999_999 },
        new("name", "x"),
        new("height_desc", "1"),
        new("height_asc", "18446744073709551614"),
        new("name", "0190b7a4-0000-7000-8000-000000000001") { Name = "Ærø\0 \U0001f600" },
        new("name", new string('i', 256)) { Name = new string('東', 255) },
    ];

    private static readonly Arbitrary<string> AnyText = Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""),
        // Text near to what is meant finds more than text that is far from it.
        ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => Base64Url.EncodeToString(bytes ?? [])),
        from mark in Gen.Elements((byte)'c', (byte)'u', (byte)'n', (byte)'d', (byte)'a')
        from bytes in Gen.Choose(0, 255).Select(one => (byte)one).ListOf()
        from zeros in Gen.Choose(0, 9)
        select Base64Url.EncodeToString([mark, .. new byte[zeros], .. bytes]),
        from place in Gen.Elements(_places)
        from at in Gen.Choose(0, 400)
        from other in Gen.Elements('A', 'B', '_', '-', '=', ' ', '+', '/', '\n', 'é')
        select Mutate(ListCursor.Write(place), at, other)).ToArbitrary();

    [Fact]
    public void Cursor_OfEveryPlace_IsReadBack()
    {
        foreach (var place in _places)
        {
            var text = ListCursor.Write(place);
            Assert.InRange(text.Length, 1, ListCursor.MaxLength);
            Assert.Equal(place, ListCursor.Read(text));
        }
    }

    [Fact]
    public void Cursor_OfAnyPlace_IsReadBack_AndNeedsNoEscaping() => Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<int>(), (id, name, time) =>
    {
        var (cleanId, cleanName) = (Valid(id.Get)[..Math.Min(80, Valid(id.Get).Length)], Valid(name ?? ""));
        if (char.IsHighSurrogate(cleanId[^1]))
            return;
        foreach (var place in new ListPosition[] { new("created_at", cleanId) { Time = time }, new("name", cleanId) { Name = cleanName } })
        {
            var text = ListCursor.Write(place);
            Assert.Equal(text, Uri.EscapeDataString(text));
            Assert.Equal(place, ListCursor.Read(text));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Cursor_AnyText_IsReadInItsOneSpelling_OrRefusedAsBadFormat() => Prop.ForAll(AnyText, text =>
    {
        try
        {
            Assert.Equal(text, ListCursor.Write(ListCursor.Read(text)));
        }
        catch (ApiException refused)
        {
            Assert.Same(ErrorTable.BadFormat, refused.Kind);
            Assert.Contains("send the next_cursor of the page before", refused.Message, StringComparison.Ordinal);
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Theory]
    [InlineData("")]
    [InlineData("Yw")]
    [InlineData("YwAAAAAAAAAA")]
    [InlineData("YwAAAAAAAAAAeA==")]
    [InlineData(" YwAAAAAAAAAAeA")]
    [InlineData("YwAAAAAAAAAAeB")]
    [InlineData("YwAAAAAAAAAA_w")]
    [InlineData("Y3________94")]
    [InlineData("egAAAAAAAAAAeA")]
    [InlineData("bgABeA")]
    [InlineData("bgAB_3g")]
    public void Cursor_Malformed_IsRefused(string text) => Assert.Same(ErrorTable.BadFormat, Assert.Throws<ApiException>(() => ListCursor.Read(text)).Kind);

    [Fact]
    public void Cursor_TooLong_IsRefused() =>
        Assert.Same(ErrorTable.BadFormat, Assert.Throws<ApiException>(() => ListCursor.Read(new string('A', ListCursor.MaxLength + 1))).Kind);

    private static string Mutate(string text, int at, char other) =>
        at % 3 == 0 ? text[..(at % text.Length)] : at % 3 == 1 ? text.Insert(at % text.Length, other.ToString()) : string.Concat(text.AsSpan(0, at % text.Length), other.ToString(), text.AsSpan((at % text.Length) + 1));

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
