using System.Text.Json;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Search;
using Npgsql;
using NpgsqlTypes;

namespace Lucid.Silo.Database;

/// <summary>The part of migration 4 that is no SQL: the words of the sessions that are listed already.</summary>
internal static class SessionWordsFill
{
    // Some hundred bytes a session are in memory at once.
    private const int Batch = 1_000;

    public static async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // No session has this id: a UUIDv7 has its version in it.
        var last = Guid.Empty;
        for (var ids = await NextAsync(); ids.Count > 0; ids = await NextAsync())
            last = ids[^1];

        async Task<List<Guid>> NextAsync()
        {
            List<Guid> ids = [];
            List<string> words = [];
            await using (var read = new NpgsqlCommand("SELECT id, name, owner, description, view FROM lucid_sessions WHERE id > @last ORDER BY id LIMIT @batch", connection))
            {
                read.Parameters.AddWithValue("last", last);
                read.Parameters.AddWithValue("batch", Batch);
                await using var reader = await read.ExecuteReaderAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    ids.Add(reader.GetGuid(0));
                    words.Add(string.Join(' ', SearchWords.Of([reader.GetString(1), reader.GetString(2), reader.GetString(3), .. Tracks(reader.GetString(4))])));
                }
            }
            await using var write = new NpgsqlCommand(
                """
                UPDATE lucid_sessions SET search = array_to_tsvector(string_to_array(found.words, ' '))
                FROM unnest(@ids, @words) AS found(id, words) WHERE lucid_sessions.id = found.id
                """, connection);
            write.Parameters.AddWithValue("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid, ids);
            write.Parameters.AddWithValue("words", NpgsqlDbType.Array | NpgsqlDbType.Text, words);
            await write.ExecuteNonQueryAsync(cancellation);
            return ids;
        }
    }

    /// <summary>The names of a session's tracks. A view that cannot be read has none, and must not keep a cluster from its upgrade.</summary>
    private static IEnumerable<string> Tracks(string view)
    {
        try
        {
            return JsonSerializer.Deserialize<SessionView>(view) is { } session ? session.Tracks.Select(track => track.Name) : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
