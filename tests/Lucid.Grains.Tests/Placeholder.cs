namespace Lucid.Grains.Tests;

public sealed class Placeholder
{
    [Fact]
    public void Project_Builds_Runs() => Assert.Equal(2, 1 + 1);
}
