using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>Makes a node's options of what was set in several places, and finds every mistake at once.</summary>
internal sealed class OptionReader
{
    private const int MostQuoted = 80;

    private readonly NodeOptions _options = new();
    private readonly List<string> _mistakes = [];
    private readonly HashSet<string> _unreadable = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="places">The weakest first: what a later place sets wins.</param>
    /// <returns>Options that are good only where there is no mistake. A mistake is a sentence without its full stop.</returns>
    public static (NodeOptions Options, IReadOnlyList<string> Mistakes) Read(params IEnumerable<IReadOnlyList<OptionSetting>> places)
    {
        var reader = new OptionReader();
        foreach (var place in places)
            reader.Take(place);
        // What could not be read has its sentence; what follows from it being at its default would be a second one, and wrong.
        reader._mistakes.AddRange(reader._options.FindMistakes().Where(mistake => !mistake.Options.Any(reader.IsUnreadable)).Select(mistake => mistake.Text));
        return (reader._options, reader._mistakes);
    }

    private bool IsUnreadable(string option) =>
        _unreadable.Contains(option) || (option.LastIndexOf('.') is > 0 and var dot && _unreadable.Contains(option[..dot]));

    private void Take(IReadOnlyList<OptionSetting> place)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in place)
        {
            if (!seen.Add(setting.Name))
                _mistakes.Add($"{setting.Shown} is given twice; leave one out");
            else if (OptionCatalog.Find(setting.Name) is { } option)
                Take(option, setting);
            else if (OptionCatalog.Sections.Contains(setting.Name))
                Refuse(setting, $"{setting.Shown} is {Quote(setting)}; it is a section, with options of its own in {{ … }}");
            else
                _mistakes.Add($"{setting.Shown} is not an option; {NearestOption.Find(setting.Name) switch
                {
                    { } near => $"did you mean {near}?",
                    null => "docs/options.md lists all that are",
                }}");
        }
    }

    private void Take(NodeOption option, OptionSetting setting)
    {
        // As if it were not there, which is what null says in JSON.
        if (setting is { IsText: false, Text: "null" })
            return;
        if (OptionValue.Read(option.Type, setting) is { } value)
            option.Write(_options, value);
        else
            Refuse(setting, $"{setting.Shown} is {(option.IsSecret ? "something else (not shown)" : Quote(setting))}; it has to be {OptionValue.Describe(option.Type)}");
    }

    private void Refuse(OptionSetting setting, string mistake)
    {
        _unreadable.Add(setting.Name);
        _mistakes.Add(mistake);
    }

    private static string Quote(OptionSetting setting)
    {
        var text = setting.Text.Length <= MostQuoted ? setting.Text : $"{setting.Text[..MostQuoted]}…";
        return setting.IsText ? $"'{text}'" : text;
    }
}
