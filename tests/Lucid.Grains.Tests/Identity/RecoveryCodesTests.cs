using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Lucid.Grains.Identity;

namespace Lucid.Grains.Tests.Identity;

public sealed class RecoveryCodesTests
{
    private static readonly NewRecoveryCodes _issued = RecoveryCodes.Issue();

    [Fact]
    public void Issue_GivesTenCodesOfUnambiguousCharacters()
    {
        Assert.Equal(RecoveryCodes.Count, _issued.Shown.Distinct().Count());
        Assert.All(_issued.Shown, code => Assert.Matches("^[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}$", code));
        Assert.Equal(RecoveryCodes.Count, _issued.Kept.Unused.Count);
    }

    [Fact]
    public void Issue_Again_HasAnotherSaltAndOtherCodes()
    {
        var again = RecoveryCodes.Issue();
        Assert.NotEqual(_issued.Kept.Salt, again.Kept.Salt);
        Assert.Empty(_issued.Shown.Intersect(again.Shown));
        Assert.Null(again.Kept.Use(_issued.Shown[0]));
    }

    [Fact]
    public void Use_EachCode_WorksOnce()
    {
        var left = _issued.Kept;
        foreach (var code in _issued.Shown)
        {
            var next = left.Use(code);
            Assert.Equal(left.Unused.Count - 1, next!.Unused.Count);
            Assert.Null(next.Use(code));
            left = next;
        }
        Assert.Empty(left.Unused);
        Assert.Equal(RecoveryCodes.Count, _issued.Kept.Unused.Count);
    }

    [Fact]
    public void Use_HoweverItIsTyped_IsTheSameCode()
    {
        var code = _issued.Shown[3];
        var bare = code.Replace("-", "", StringComparison.Ordinal);
        foreach (var typed in new[] { bare, code.ToLowerInvariant(), $" {code}\n", string.Join(' ', bare.ToCharArray()), $"--{bare}--", bare[..2] + "\t" + bare[2..] })
            Assert.NotNull(_issued.Kept.Use(typed));
    }

    [Fact]
    public void Use_AnyCharacterAltered_IsRefused()
    {
        var bare = _issued.Shown[0].Replace("-", "", StringComparison.Ordinal);
        for (var i = 0; i < bare.Length; i++)
            Assert.Null(_issued.Kept.Use(bare[..i] + (bare[i] == 'A' ? 'B' : 'A') + bare[(i + 1)..]));
        foreach (var typed in new[] { null, "", "-", bare[1..], bare + "2", bare[..9] + "O", bare[..9] + "é", bare + new string(' ', 31) })
            Assert.Null(_issued.Kept.Use(typed));
    }

    [Fact]
    public void Use_WithAnotherUsersSalt_IsRefused() =>
        Assert.Null((_issued.Kept with { Salt = new byte[16] }).Use(_issued.Shown[0]));

    [Fact]
    public void Kept_ThroughJson_StillKnowsTheCodesAndHoldsNone()
    {
        var json = JsonSerializer.Serialize(_issued.Kept);
        Assert.All(_issued.Shown, code => Assert.DoesNotContain(code.Replace("-", "", StringComparison.Ordinal), json, StringComparison.OrdinalIgnoreCase));
        Assert.NotNull(JsonSerializer.Deserialize<RecoveryCodes>(json)!.Use(_issued.Shown[9]));
    }

    [Fact]
    public void Use_AnyText_IsRefused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Assert.Null(_issued.Kept.Use(text))).QuickCheckThrowOnFailure();
}
