using System.Globalization;

namespace Lucid.Silo.Configuration;

/// <summary>Values of options as text.</summary>
internal static class OptionValue
{
    public static bool IsReadable(Type type) =>
        type.IsEnum || type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(long) || type == typeof(double) || type == typeof(TimeSpan);

    /// <returns>Null where the text is no such value.</returns>
    public static object? Read(Type type, OptionSetting setting)
    {
        var text = setting.Text;
        if (type == typeof(string))
            return setting.IsText ? text : null;
        if (type == typeof(bool))
            return bool.TryParse(text, out var truth) ? truth : null;
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        if (type == typeof(long))
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large) ? large : null;
        if (type == typeof(double))
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
        // A number without a colon would be days, which nobody who writes 10 means.
        if (type == typeof(TimeSpan))
            return text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var time) ? time : null;
        // By name only: numbers of an enumeration are nobody's business outside the code.
        return Enum.GetNames(type).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known ? Enum.Parse(type, known) : null;
    }

    /// <summary>What a value of the type looks like.</summary>
    public static string Describe(Type type) =>
        type == typeof(string) ? "text in quotes"
        : type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type == typeof(TimeSpan) ? "a time in quotes, such as \"00:00:01.500\" or \"1.00:00:00\" for a day"
        : string.Join(" or ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()));
}
