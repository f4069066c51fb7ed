using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Lucid.Tidy.Tests;

/// <summary>Who may know whom: docs/decisions and ARCHITECTURE.md draw it, this holds it.</summary>
public sealed partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> _mayKnow = new(StringComparer.Ordinal)
    {
        ["evidence"] = [],
        ["grain-interfaces"] = ["evidence"],
        ["grains"] = ["grain-interfaces"],
        ["engines/embedded"] = ["grain-interfaces"],
        ["engines/orleans"] = ["grains"],
        ["gateway"] = ["grain-interfaces", "evidence"],
        ["silo"] = ["evidence", "grain-interfaces", "grains", "engines/embedded", "engines/orleans", "gateway"],
        ["client"] = ["evidence"],
        ["cli"] = ["client", "evidence"],
    };

    public static TheoryData<string> Projects => new(_mayKnow.Keys);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_OnlyWhatItMayKnow(string folder)
    {
        var project = SourceTree.Files(".csproj").Single(path => path.StartsWith(folder + "/", StringComparison.Ordinal));
        Assert.Empty(References(project).Except(_mayKnow[folder], StringComparer.Ordinal));
    }

    [Fact]
    public void Projects_OutsideTestsAndBench_AreAllJudged() =>
        Assert.Empty(SourceTree.Files(".csproj")
            .Where(path => !path.StartsWith("tests/", StringComparison.Ordinal) && !path.StartsWith("bench/", StringComparison.Ordinal))
            .Select(path => Path.GetDirectoryName(path)!.Replace('\\', '/'))
            .Except(_mayKnow.Keys, StringComparer.Ordinal));

    [Fact]
    public void Evidence_KnowsNoNetworkAndNoDatabase() =>
        Assert.Empty(SourceTree.Files(".cs")
            .Where(path => path.StartsWith("evidence/", StringComparison.Ordinal))
            .Where(path => NetworkOrDatabase().IsMatch(SourceTree.Read(path))));

    [Fact]
    public void BouncyCastle_IsUsedInOneFolderOnly() =>
        Assert.All(
            SourceTree.Files(".cs").Where(path => SourceTree.Read(path).Contains("Org." + "BouncyCastle", StringComparison.Ordinal)),
            path => Assert.StartsWith("evidence/Keys/", path, StringComparison.Ordinal));

    [Theory]
    [InlineData("grains/Chain/")]
    [InlineData("evidence/")]
    public void ChainAndEvidence_HaveNoWordOfPayments(string folder) =>
        Assert.Empty(SourceTree.Files(".cs")
            .Where(path => path.StartsWith(folder, StringComparison.Ordinal))
            .Where(path => PaymentWords().IsMatch(SourceTree.Read(path))));

    private static IEnumerable<string> References(string project)
    {
        var folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, project))!;
        return XDocument.Load(Path.Combine(SourceTree.Root, project)).Descendants("ProjectReference")
            .Select(reference => Path.GetDirectoryName(Path.GetFullPath(Path.Combine(folder, reference.Attribute("Include")!.Value)))!)
            .Select(path => Path.GetRelativePath(SourceTree.Root, path).Replace('\\', '/'));
    }

    [GeneratedRegex(@"\b(System\.Net\.(Http|Sockets)|Microsoft\.Data|Microsoft\.AspNetCore|Npgsql)\b")]
    private static partial Regex NetworkOrDatabase();

    [GeneratedRegex(@"\b(tron|trx|usdt|payments?|payouts?)\b", RegexOptions.IgnoreCase)]
    private static partial Regex PaymentWords();
}
