using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Evidence;
using Lucid.Evidence.Compression;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Sessions;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.Extensions.Primitives;

namespace Lucid.Gateway.Tests.Sessions;

public sealed class ChunkHeadersTests
{
    private static readonly Arbitrary<string> AnyText = Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""),
        // Text near to what is meant finds more than text that is far from it.
        Gen.Elements('s', 'h', 'a', '-', '2', '5', '6', '=', ':', ';', ',', ' ', '"', 'A', '/', '+', '0').ListOf().Select(characters => new string([.. characters])))
        .ToArbitrary();

    [Fact]
    public void Digest_AnyText_IsReadOrRefusedAsBadFormat() => Prop.ForAll(AnyText, text =>
    {
        try
        {
            ContentDigest.Parse(text);
        }
        catch (ApiException refused)
        {
            Assert.Same(ErrorTable.BadFormat, refused.Kind);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Digest_AnyHashAmongOthers_IsFound() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var hash = SHA256.HashData(bytes ?? []);
        var member = $"sha-256=:{Convert.ToBase64String(hash)}:";
        var other = $"sha-512=:{Convert.ToBase64String(SHA512.HashData(hash))}:";
        foreach (var text in new[] { member, $"{other}, {member}", $"{member} ,\t{other}", $"{member};a=1;b, {other}", $" {member} " })
            Assert.Equal(new BodyDigest(new Hash256(hash), null), ContentDigest.Parse(text));
        Assert.Equal(new BodyDigest(new Hash256(hash), null), ContentDigest.Parse(new StringValues([other, member])));
        Assert.Null(ContentDigest.Parse(other));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Digest_KeyTwice_TheLastOneCounts()
    {
        var (first, last) = (SHA256.HashData([1]), SHA256.HashData([2]));
        Assert.Equal(new BodyDigest(new Hash256(last), null), ContentDigest.Parse($"sha-256=:{Convert.ToBase64String(first)}:, sha-256=:{Convert.ToBase64String(last)}:"));
    }

    [Fact]
    public void Digest_BothAlgorithms_BothAreChecked()
    {
        var (body, other) = ("body"u8.ToArray(), "bodz"u8.ToArray());
        string Sha256Of(byte[] bytes) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";
        foreach (var (sha, crc, fits) in new[] { (body, body, true), (other, body, false), (body, other, false) })
            Assert.Equal(fits, ContentDigest.Parse($"{Sha256Of(sha)}, {Crc32c.ContentDigestOf(crc)}")!.Matches(body));
        Assert.True(ContentDigest.Parse(Crc32c.ContentDigestOf(body))!.Matches(body));
        Assert.False(ContentDigest.Parse(Crc32c.ContentDigestOf(other))!.Matches(body));
    }

    [Theory]
    [InlineData("crc32c=:AAAA:")]
    [InlineData("sha-256")]
    [InlineData("sha-256=")]
    [InlineData("sha-256=::,")]
    [InlineData("sha-256=:AAAA:")]
    [InlineData("sha-256=:!!!!:")]
    [InlineData("SHA-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=: sha-512=:AA==:")]
    [InlineData(",sha-512=:AA==:")]
    [InlineData("sha-512=:AA==:;")]
    public void Digest_Malformed_IsRefused(string text) =>
        Assert.Same(ErrorTable.BadFormat, Assert.Throws<ApiException>(() => ContentDigest.Parse(text)).Kind);

    [Fact]
    public void Times_AnyPair_IsReadBackOrOutOfRange() => Prop.ForAll(ArbMap.Default.ArbFor<NonNegativeInt>(), ArbMap.Default.ArbFor<NonNegativeInt>(), (a, b) =>
    {
        var (start, end) = ((long)a.Get, (long)b.Get);
        if (start <= end)
            Assert.Equal(new ChunkTimes(start, end), ChunkHeaders.ReadTimes($"{start},{end}"));
        else
            Assert.Same(ErrorTable.OutOfRange, Assert.Throws<ApiException>(() => ChunkHeaders.ReadTimes($"{start},{end}")).Kind);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Times_AnyText_IsReadOrRefused() => Prop.ForAll(AnyText, text =>
    {
        try
        {
            var times = ChunkHeaders.ReadTimes(text);
            // Only the one spelling is read.
            Assert.Equal(text, $"{times!.StartMs},{times.EndMs}");
        }
        catch (ApiException refused)
        {
            Assert.True(refused.Kind == ErrorTable.BadFormat || refused.Kind == ErrorTable.OutOfRange);
        }
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("00")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("0x1")]
    [InlineData("٣")]
    public void Track_NotAPlainDecimal_IsRefused(string text) =>
        Assert.Same(ErrorTable.BadFormat, Assert.Throws<ApiException>(() => ChunkHeaders.ReadTrack(text)).Kind);

    [Fact]
    public void Track_SentTwice_IsRefused() =>
        Assert.Same(ErrorTable.BadFormat, Assert.Throws<ApiException>(() => ChunkHeaders.ReadTrack(new StringValues(["0", "1"]))).Kind);
}
