using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Lucid.Evidence.Canonical;

/// <summary>
/// JSON in one form: a field a line in a fixed order, two spaces for each depth. Written by hand rather than by a serialiser, because what was
/// valid must stay valid under every later version of the libraries, escapes and white space included. <see cref="FieldReader"/> reads it.
/// </summary>
internal static class CanonicalJson
{
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <param name="value">As JSON: <see cref="Quoted"/>, a number, a list, null.</param>
    public static StringBuilder Field(this StringBuilder text, int depth, string name, string value, bool last = false) =>
        text.Append(' ', 2 * depth).Append('"').Append(name).Append("\": ").Append(value).Append(last ? "\n" : ",\n");

    public static string List<T>(ImmutableArray<T> list, Func<T, string> one) => $"[{string.Join(", ", list.Select(one))}]";

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => Quoted(time.ToString(TimeFormat, CultureInfo.InvariantCulture));

    /// <param name="value">Without control characters, which no record of ours may hold.</param>
    public static string Quoted(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
