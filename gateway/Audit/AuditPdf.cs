using System.Globalization;
using System.Text;
using Lucid.Evidence;

namespace Lucid.Gateway.Audit;

/// <summary>
/// Records as a PDF 1.4 for printing: lines of Courier, which every reader has, so that no font of this machine is needed. What that font's
/// encoding does not have becomes a question mark. It proves nothing.
/// </summary>
internal static class AuditPdf
{
    // A4 across; Courier is 0.6 of its size wide.
    private const int Width = 842;
    private const int Height = 595;
    private const int Margin = 30;
    private const int Size = 7;
    private const int Leading = 9;
    private const int Columns = (int)((Width - (2 * Margin)) / (Size * 0.6));
    private const int Rows = ((Height - (2 * Margin)) / Leading) - 2;

    /// <param name="title">What stands on every page.</param>
    public static byte[] Write(IEnumerable<StoredRecord> records, string title)
    {
        var pages = records.SelectMany(Lines).Chunk(Rows).ToList();
        if (pages.Count == 0)
            pages.Add(["No records."]);
        var file = new MemoryStream();
        var places = new List<long>();
        Put(file, "%PDF-1.4\n");
        Add($"<< /Type /Catalog /Pages 2 0 R >>");
        Add($"<< /Type /Pages /Count {pages.Count} /Kids [{string.Join(' ', Enumerable.Range(0, pages.Count).Select(page => $"{4 + (2 * page)} 0 R"))}] >>");
        Add("<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>");
        for (var page = 0; page < pages.Count; page++)
        {
            var content = Content([$"{title}; page {page + 1} of {pages.Count}", "", .. pages[page]]);
            Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {Width} {Height}] /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + (2 * page)} 0 R >>");
            Add($"<< /Length {content.Length} >>\nstream\n{content}\nendstream");
        }
        var start = file.Position;
        Put(file, $"xref\n0 {places.Count + 1}\n0000000000 65535 f \n");
        foreach (var place in places)
            Put(file, string.Create(CultureInfo.InvariantCulture, $"{place:d10} 00000 n \n"));
        Put(file, $"trailer\n<< /Size {places.Count + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        return file.ToArray();

        void Add(string content)
        {
            places.Add(file.Position);
            Put(file, $"{places.Count} 0 obj\n{content}\nendobj\n");
        }
    }

    private static IEnumerable<string> Lines(StoredRecord stored)
    {
        var one = stored.Record.Event;
        var time = DateTimeOffset.FromUnixTimeMilliseconds(one.TimeMs).ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var details = string.Join(", ", one.Details.OrderBy(detail => detail.Key, StringComparer.Ordinal).Select(detail => $"{detail.Key}={detail.Value}"));
        string[] parts =
        [
            stored.Record.Index.ToString(CultureInfo.InvariantCulture), time, EnumWords.Of(one.Kind), one.Action, EnumWords.Of(one.Outcome), EnumWords.Of(one.Severity),
            one.Actor.Length > 0 ? $"by {one.Actor} ({one.Role})" : "", one.Resource.Length > 0 ? $"on {one.Resource}" : "",
            one.Address.Length > 0 ? $"from {one.Address}" : "", one.RequestId, details, one.UserAgent,
        ];
        // An event begins in the first column, and goes on further in.
        var line = string.Join("  ", parts.Where(part => part.Length > 0));
        for (var indent = ""; line.Length > 0; indent = "    ")
        {
            var taken = Math.Min(line.Length, Columns - indent.Length);
            yield return indent + line[..taken];
            line = line[taken..];
        }
    }

    private static string Content(IEnumerable<string> lines)
    {
        var text = new StringBuilder($"BT /F1 {Size} Tf {Leading} TL {Margin} {Height - Margin} Td\n");
        foreach (var line in lines)
        {
            text.Append('(');
            foreach (var letter in line)
            {
                if (letter is '(' or ')' or '\\')
                    text.Append('\\');
                text.Append(letter is (>= ' ' and <= '~') or (>= '\u00a1' and <= '\u00ff') ? letter : '?');
            }
            text.Append(") Tj T*\n");
        }
        return text.Append("ET").ToString();
    }

    /// <summary>WinAnsi is Latin 1 for the characters that are written here.</summary>
    private static void Put(Stream file, string text) => file.Write(Encoding.Latin1.GetBytes(text));
}
