using System.Text.RegularExpressions;

namespace Lucid.Tidy.Tests;

/// <summary>A type is a noun that does something, a file is a type, and nothing says where it was written.</summary>
public sealed partial class NameTests
{
    [Fact]
    public void Types_HaveNoEmptyNames() =>
        Assert.Empty(from path in SourceTree.Files(".cs")
                     from Match type in TypeDeclaration().Matches(SourceTree.Read(path))
                     let name = type.Groups["name"].Value
                     where EmptyName().IsMatch(name)
                     select $"{path}: {name}");

    [Fact]
    public void Files_AreNamedForATypeInThem() =>
        Assert.Empty(from path in SourceTree.Files(".cs")
                     let name = Path.GetFileNameWithoutExtension(path)
                     where name is not ("Program" or "AssemblyInfo" or "GlobalUsings")
                     let folder = Path.GetFileName(Path.GetDirectoryName(path)!)
                     let text = SourceTree.Read(path)
                     where !TypeDeclaration().Matches(text).Any(type =>
                               type.Groups["name"].Value.Contains(name.TrimEnd('s'), StringComparison.Ordinal)
                               || name.Contains(type.Groups["name"].Value, StringComparison.Ordinal)
                               || name.StartsWith(folder.TrimEnd('s'), StringComparison.Ordinal))
                     select path);

    [Fact]
    public void Sources_NameNoMachineAndNoUnfinishedWork() =>
        Assert.Empty(from path in SourceTree.Files(".cs", ".md", ".json", ".props", ".csproj", ".sh", "lucid", "run")
                     where !path.StartsWith("tests/Lucid.Tidy.Tests/", StringComparison.Ordinal)
                     from Match match in Forbidden().Matches(SourceTree.Read(path))
                     select $"{path}: {match.Value}");

    [Fact]
    public void Packages_HaveAReasonBesideTheirVersion()
    {
        var lines = SourceTree.Read("Directory.Packages.props").Split('\n');
        var reasonless = new List<string>();
        var reasoned = false;
        foreach (var line in lines)
        {
            if (line.Contains("-->", StringComparison.Ordinal))
                reasoned = true;
            else if (line.Contains("<PackageVersion", StringComparison.Ordinal) && !reasoned)
                reasonless.Add(line.Trim());
            else if (line.Trim().Length == 0 || line.Contains("ItemGroup", StringComparison.Ordinal))
                reasoned = false;
        }
        Assert.Empty(reasonless);
    }

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|file|static|sealed|abstract|readonly|partial|ref)\s+)*(?:record\s+struct|record|class|struct|interface|enum|delegate\s+[\w<>?]+)\s+(?<name>[A-Z]\w*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilities|Common|Misc|Base|Impl|Service)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"(/work/(main|shared|wt|\.)|/root/|\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException)")]
    private static partial Regex Forbidden();
}
