using System.Data.Common;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Silo.Storage;

/// <summary>Reads what sessions add up to, which both stores answer in the same columns.</summary>
internal static class SessionSums
{
    /// <param name="rows">Status, sessions, chunks, bytes of plaintext and ciphertext, ms of length, gaps, and ms of gaps; a status may come again.</param>
    public static SessionStatistics Read(DbDataReader rows)
    {
        var statuses = new SortedDictionary<SessionStatus, long>();
        var sums = new long[rows.FieldCount];
        while (rows.Read())
        {
            // Of a damaged row, until its session has written it anew.
            if (!Enum.TryParse<SessionStatus>(rows.GetString(0), ignoreCase: true, out var status))
                continue;
            statuses[status] = statuses.GetValueOrDefault(status) + rows.GetInt64(1);
            for (var i = 1; i < sums.Length; i++)
                sums[i] += rows.GetInt64(i);
        }
        return new SessionStatistics(sums[1], [.. statuses.Select(one => new StatusCount(one.Key, one.Value))], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]);
    }
}
