using Lucid.Silo.Supervision;

namespace Lucid.Silo.Tests.Supervision;

public sealed class RotatingLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string FilePath => Path.Combine(_folder.Data.Root, "node.log");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Log_ThatIsFull_IsPutAside_AndTheOneBeforeItIsGone()
    {
        using (var log = new RotatingLog(FilePath, mostBytes: 10))
        {
            foreach (var line in (string[])["one 1", "two 2", "three", "four 4", "five 5"])
                log.Append(line);
        }
        Assert.Equal("five 5\n", File.ReadAllText(FilePath));
        Assert.Equal("three\nfour 4\n", File.ReadAllText($"{FilePath}.1"));
    }

    [Fact]
    public void Log_OfAnEarlierStart_IsGoneOnWith()
    {
        File.WriteAllText(FilePath, "before\n");
        using (var log = new RotatingLog(FilePath))
            log.Append("after");
        Assert.Equal("before\nafter\n", File.ReadAllText(FilePath));
    }
}
