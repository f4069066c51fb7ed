using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

public sealed class CheckListTests
{
    [Fact]
    public void Conclude_ACheckThatWasNotReached_IsNeverVerified()
    {
        var checks = new CheckList();
        foreach (var name in CheckNames.All.Where(name => name != CheckNames.Cosignatures))
            checks.Pass(name, "fine");
        var (verdict, summary) = checks.Conclude(readable: true, CheckNames.All);
        Assert.Equal(Verdict.Failed, verdict);
        Assert.StartsWith("FAILED: cosignatures", summary);
    }

    [Fact]
    public void Pass_AfterAFailure_DoesNotMend()
    {
        var checks = new CheckList();
        checks.Fail(CheckNames.File, "broken");
        checks.Pass(CheckNames.File, "fine");
        Assert.False(checks.Passed(CheckNames.File));
        Assert.Equal("broken", checks.ToImmutable()[0].Finding);
    }

    [Fact]
    public void Fail_WithoutEnd_TellsTenAndCountsTheRest()
    {
        var checks = new CheckList();
        for (var i = 0; i < 1_000; i++)
            checks.Fail(CheckNames.Chunks, $"chunk {i}");
        Assert.EndsWith("chunk 9; and 990 more", checks.ToImmutable().First(check => check.Name == CheckNames.Chunks).Finding);
        Assert.Equal("chunks: chunk 0", checks.FirstFailure);
    }
}
