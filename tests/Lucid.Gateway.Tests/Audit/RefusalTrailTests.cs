using Lucid.Gateway.Audit;
using Lucid.Gateway.Errors;

namespace Lucid.Gateway.Tests.Audit;

public sealed class RefusalTrailTests
{
    public static TheoryData<int> OfWhoAsks => [.. ErrorTable.All.Where(kind => kind.Number is >= 2000 and < 3000).Select(kind => kind.Number)];

    /// <summary>Whoever guesses codes must be seen as well as whoever guesses signatures.</summary>
    [Theory]
    [MemberData(nameof(OfWhoAsks))]
    public void Refusal_ByWhoAsks_IsRecorded(int number)
    {
        var kind = ErrorTable.All.Single(one => one.Number == number);
        Assert.NotNull(RefusalTrail.Find(kind, new ApiException(kind), isKnown: false));
    }

    [Fact]
    public void Refusal_OfWhatIsAsked_IsNot() =>
        Assert.All(ErrorTable.All.Where(kind => kind.Number is < 2000 or >= 4000), kind => Assert.Null(RefusalTrail.Find(kind, new ApiException(kind), isKnown: true)));
}
