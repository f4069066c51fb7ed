using Lucid.Silo.Configuration;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Tests.Node;

/// <summary>docs/options.md says of every option what the code does.</summary>
public sealed class OptionsPageTests
{
    /// <summary>Null in the options: the first start of a network decides, and its genesis keeps it.</summary>
    private static readonly Dictionary<string, object> _firstStart = new(StringComparer.Ordinal)
    {
        ["name"] = "node-1",
        ["network"] = "local",
        ["blockInterval"] = OptionRanges.DefaultBlockInterval,
    };

    private static readonly string _page = File.ReadAllText(Repository.File("docs/options.md"));

    [Fact]
    public void Page_AgreesWithTheCode() => Assert.Empty(Differences(_page));

    [Theory]
    [InlineData("| `sessions.tick` |", "| `sessions.tock` |", "sessions.tick is an option, and has no row", "sessions.tock has a row, and is no option")]
    [InlineData("| 10 chunks |", "| 11 chunks |", "sessions.window has the default 10; its row says '11 chunks'")]
    [InlineData("| 1.5 s |", "| 1.5 min |", "cluster.probeTimeout has the default 00:00:01.5000000; its row says '1.5 min'")]
    [InlineData("| `embedded` | `embedded` or", "| `orleans` | `embedded` or", "engine has the default embedded; its row says '`orleans`'")]
    [InlineData("64 MiB to 64 GiB", "64 MiB to 65 GiB", "recording.memoryBudget lies between 67108864 and 68719476736; its row says '64 MiB to 65 GiB'")]
    [InlineData("`node`, `silo` or `gateway`", "`node` or `silo`", "role can be gateway; its row says '`node` or `silo`'")]
    public void Page_ThatDiffers_IsToldWhere(string written, string changed, params string[] differences)
    {
        Assert.Contains(written, _page, StringComparison.Ordinal);
        Assert.Equal(differences, Differences(_page.Replace(written, changed, StringComparison.Ordinal)));
    }

    [Fact]
    public void Range_IsThereForEveryNumberAndTime() => Assert.Equal(
        OptionCatalog.All.Where(option => !option.Type.IsEnum && option.Type != typeof(string) && option.Type != typeof(bool)).Select(option => option.Name).Order(StringComparer.Ordinal),
        OptionRanges.All.Select(range => range.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Range_ReadsTheOptionThatItNames() => Assert.All(OptionRanges.All, range =>
        Assert.Equal(Default(OptionCatalog.Find(range.Name)!), range.Value(new NodeOptions())));

    private static List<string> Differences(string page)
    {
        var rows = OptionsPage.Parse(page).Rows.ToDictionary(row => row.Option, StringComparer.Ordinal);
        var names = OptionCatalog.All.Select(option => option.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. names.Where(name => !rows.ContainsKey(name)).Select(name => $"{name} is an option, and has no row"),
            .. rows.Keys.Where(name => !names.Contains(name)).Select(name => $"{name} has a row, and is no option"),
            .. OptionCatalog.All.Where(option => rows.ContainsKey(option.Name)).SelectMany(option => Differences(option, rows[option.Name])),
        ];
    }

    private static IEnumerable<string> Differences(NodeOption option, OptionsPage.Row row)
    {
        // Where the data lies depends on who asks.
        if (option.Name != "data" && !Equals(OptionsPage.Value(row.Default, option.Type), Default(option)))
            yield return $"{option.Name} has the default {Default(option) ?? "none"}; its row says '{row.Default}'";
        if (OptionRanges.All.FirstOrDefault(range => range.Name == option.Name) is { } range && !OptionsPage.Ends(row.Range, option.Type).Equals((range.Least, range.Most)))
            yield return $"{option.Name} lies between {range.Least} and {range.Most}; its row says '{row.Range}'";
        foreach (var name in option.Type.IsEnum ? Enum.GetNames(option.Type) : [])
        {
            if (!row.Range.Contains($"`{name.ToLowerInvariant()}`", StringComparison.Ordinal))
                yield return $"{option.Name} can be {name.ToLowerInvariant()}; its row says '{row.Range}'";
        }
    }

    private static object? Default(NodeOption option) => option.Read(new NodeOptions()) switch
    {
        null => _firstStart.GetValueOrDefault(option.Name),
        Enum value => value.ToString().ToLowerInvariant(),
        var value => value,
    };
}
