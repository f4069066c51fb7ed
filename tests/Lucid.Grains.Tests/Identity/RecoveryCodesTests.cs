using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Grains.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class RecoveryCodesTests
{
    private static readonly byte[] _seed = [.. Enumerable.Range(0, RecoveryCodes.SeedSize).Select(i => (byte)i)];
    private static readonly IReadOnlyList<string> _shown = RecoveryCodes.Shown(_seed);
    private static readonly RecoveryCodes _kept = RecoveryCodes.Of(_seed);

    [Fact]
    public void Shown_AreTenCodesOfUnambiguousCharacters()
    {
        Assert.Equal(RecoveryCodes.Count, _shown.Distinct().Count());
        Assert.All(_shown, code => Assert.Matches("^[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}$", code));
        Assert.Equal(RecoveryCodes.Count, _kept.Unused.Count);
    }

    [Fact]
    public void Seed_OfOthers_HasAnotherSaltAndOtherCodes_AndTheSameSeedTheSame()
    {
        var other = _seed.Reverse().ToArray();
        Assert.NotEqual(_kept.Salt, RecoveryCodes.Of(other).Salt);
        Assert.Empty(_shown.Intersect(RecoveryCodes.Shown(other)));
        Assert.Null(RecoveryCodes.Of(other).Use(_shown[0]));
        Assert.Equal(_shown, RecoveryCodes.Shown(_seed));
        Assert.True(_kept.IsOf(_seed));
        Assert.False(_kept.IsOf(other));
    }

    [Fact]
    public void Use_EachCode_WorksOnce()
    {
        var left = _kept;
        foreach (var code in _shown)
        {
            var next = left.Use(code);
            Assert.Equal(left.Unused.Count - 1, next!.Unused.Count);
            Assert.Null(next.Use(code));
            left = next;
        }
        Assert.Empty(left.Unused);
        Assert.Equal(RecoveryCodes.Count, _kept.Unused.Count);
    }

    [Fact]
    public void Use_HoweverItIsTyped_IsTheSameCode()
    {
        var code = _shown[3];
        var bare = code.Replace("-", "", StringComparison.Ordinal);
        foreach (var typed in new[] { bare, code.ToLowerInvariant(), $" {code}\n", string.Join(' ', bare.ToCharArray()), $"--{bare}--", bare[..2] + "\t" + bare[2..] })
            Assert.NotNull(_kept.Use(typed));
    }

    [Fact]
    public void Use_AnyCharacterAltered_IsRefused()
    {
        var bare = _shown[0].Replace("-", "", StringComparison.Ordinal);
        for (var i = 0; i < bare.Length; i++)
            Assert.Null(_kept.Use(bare[..i] + (bare[i] == 'A' ? 'B' : 'A') + bare[(i + 1)..]));
        foreach (var typed in new[] { null, "", "-", bare[1..], bare + "2", bare[..9] + "O", bare[..9] + "é", bare + new string(' ', 31) })
            Assert.Null(_kept.Use(typed));
    }

    [Fact]
    public void Use_WithAnotherUsersSalt_IsRefused() =>
        Assert.Null((_kept with { Salt = new byte[16] }).Use(_shown[0]));

    [Fact]
    public void Kept_ThroughJson_StillKnowsTheCodesAndHoldsNone()
    {
        var json = JsonSerializer.Serialize(_kept);
        Assert.All(_shown, code => Assert.DoesNotContain(code.Replace("-", "", StringComparison.Ordinal), json, StringComparison.OrdinalIgnoreCase));
        Assert.NotNull(JsonSerializer.Deserialize<RecoveryCodes>(json)!.Use(_shown[9]));
    }

    [Fact]
    public void Use_AnyText_IsRefused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Assert.Null(_kept.Use(text))).QuickCheckThrowOnFailure();
}
