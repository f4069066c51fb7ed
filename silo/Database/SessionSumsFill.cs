using System.Text.Json;
using Lucid.GrainInterfaces.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Lucid.Silo.Database;

/// <summary>The part of migration 5 that is no SQL, since a view that cannot be read must not keep a cluster from its upgrade: what the sessions that are listed already add up to.</summary>
internal static class SessionSumsFill
{
    // Some kilobytes a session are in memory at once.
    private const int Batch = 1_000;

    public static async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // No session has this id: a UUIDv7 has its version in it.
        var last = Guid.Empty;
        for (var read = await ReadAsync(connection, last, cancellation); read.Count > 0; read = await ReadAsync(connection, last, cancellation))
        {
            last = read[^1].Id;
            List<SessionView> views = [.. read.Select(row => row.View).OfType<SessionView>()];
            await using var write = new NpgsqlCommand(
                """
                UPDATE lucid_sessions s SET chunk_count = f.chunks, size_bytes = f.size, stored_bytes = f.stored, duration_ms = f.duration, gap_count = f.gaps, gap_ms = f.gap_ms
                FROM unnest(@ids, @chunks, @size, @stored, @duration, @gaps, @gap_ms) AS f(id, chunks, size, stored, duration, gaps, gap_ms) WHERE s.id = f.id
                """, connection);
            write.Parameters.AddWithValue("ids", NpgsqlDbType.Array | NpgsqlDbType.Uuid, views.ConvertAll(view => view.SessionId));
            Add("chunks", view => view.ChunkCount);
            Add("size", view => view.SizeBytes);
            Add("stored", view => view.StoredBytes);
            Add("duration", view => view.DurationMs);
            Add("gaps", view => view.GapCount);
            Add("gap_ms", view => view.GapMs);
            await write.ExecuteNonQueryAsync(cancellation);

            void Add(string name, Converter<SessionView, long> value) => write.Parameters.AddWithValue(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint, views.ConvertAll(value));
        }
    }

    private static async Task<List<(Guid Id, SessionView? View)>> ReadAsync(NpgsqlConnection connection, Guid last, CancellationToken cancellation)
    {
        List<(Guid, SessionView?)> rows = [];
        await using var read = new NpgsqlCommand("SELECT id, view FROM lucid_sessions WHERE id > @last ORDER BY id LIMIT @batch", connection);
        read.Parameters.AddWithValue("last", last);
        read.Parameters.AddWithValue("batch", Batch);
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            rows.Add((reader.GetGuid(0), Read(reader.GetString(1))));
        return rows;
    }

    private static SessionView? Read(string view)
    {
        try
        {
            return JsonSerializer.Deserialize<SessionView>(view);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
