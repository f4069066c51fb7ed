using System.Globalization;
using System.Text;
using Lucid.Evidence;

namespace Lucid.Gateway.Audit;

/// <summary>Records as RFC 4180, for spreadsheets. It proves nothing.</summary>
internal static class AuditCsv
{
    private static readonly System.Buffers.SearchValues<char> _quoted = System.Buffers.SearchValues.Create(",\"'\r\n;");
    private const string Head = "index,time,kind,action,severity,outcome,actor,role,resource,address,request_id,user_agent,details\r\n";

    public static byte[] Write(IEnumerable<StoredRecord> records)
    {
        var text = new StringBuilder(Head);
        foreach (var (record, _) in records)
        {
            var one = record.Event;
            string[] fields =
            [
                record.Index.ToString(CultureInfo.InvariantCulture),
                DateTimeOffset.FromUnixTimeMilliseconds(one.TimeMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                EnumWords.Of(one.Kind), one.Action, EnumWords.Of(one.Severity), EnumWords.Of(one.Outcome), one.Actor, one.Role, one.Resource, one.Address,
                one.RequestId, one.UserAgent, string.Join("; ", one.Details.OrderBy(detail => detail.Key, StringComparer.Ordinal).Select(detail => $"{detail.Key}={detail.Value}")),
            ];
            text.AppendJoin(',', fields.Select(Field)).Append("\r\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Field(string text)
    {
        // A user agent is a stranger's to choose, and a spreadsheet would run one that begins like a formula.
        if (text.Length > 0 && "=+-@".Contains(text[0], StringComparison.Ordinal))
            text = "'" + text;
        return text.AsSpan().ContainsAny(_quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
