using Lucid.Evidence.Keys;
using Lucid.Silo.Tests;
using Lucid.Silo.Tests.Node;

namespace Lucid.Client.Tests.Examples;

public sealed class ReadmeExampleTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/client.md")]
    public void Readme_ShowsTheLinesThatAreTestedHere(string page)
    {
        var example = Lines(File.ReadAllText(Repository.File("tests/Lucid.Client.Tests/Examples/ReadmeExample.cs")));
        var shown = Lines(File.ReadAllText(Repository.File(page)).Split("```csharp")[1].Split("```")[0]).Where(line => line.StartsWith("using var", StringComparison.Ordinal) || line.Contains("await", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(shown);
        Assert.Equal(shown, example.Where(shown.Contains));
    }

    [Fact]
    public async Task Readme_Works()
    {
        using var folder = new TempFolder();
        await using var node = await TestNode.StartAsync(folder);
        var key = Secp256k1PrivateKey.Generate();
        using (var owner = new LucidClient(node.Url, new TokenCredential(File.ReadAllText(folder.Data.Token).Trim())))
            await owner.Users.AdmitAsync(TronAddress.Of(key.PublicKey), cancellation: TestContext.Current.CancellationToken);
        var path = Path.Combine(folder.Data.Root, "talk.lucid");

        var session = await ReadmeExample.RecordAsync(node.Url, key.ExportSecret(), "what was said"u8.ToArray(), path);

        Assert.Equal("anchored", (await node.GetAsync(session)).GetProperty("status").GetString());
        Assert.True(new FileInfo(path).Length > 0);
    }

    private static List<string> Lines(string text) => [.. text.Split('\n').Select(line => line.Trim())];
}
