using System.Data;
using Lucid.Silo.Database;
using Npgsql;

namespace Lucid.Silo.Tests.Database;

/// <summary>Runs the texts of OrleansQuery as the AdoNet providers do: by key, with parameters typed by DbType, reading columns by name.</summary>
internal sealed class OrleansQueryRunner(ClusterDatabase database)
{
    /// <summary>All rows, each by column name in any case, as GetOrdinal finds them.</summary>
    public async Task<List<Dictionary<string, object?>>> RunAsync(string key, params (string Name, DbType Type, object? Value)[] parameters)
    {
        await using var connection = await database.OpenAsync(default);
        string text;
        await using (var find = new NpgsqlCommand("SELECT QueryKey, QueryText FROM OrleansQuery WHERE QueryKey = @key", connection))
        {
            find.Parameters.AddWithValue("key", key);
            await using var found = await find.ExecuteReaderAsync();
            Assert.True(await found.ReadAsync(), $"There is no query {key}.");
            text = found.GetString(found.GetOrdinal("QueryText"));
        }
#pragma warning disable CA2100 // What migrations wrote.
        await using var command = new NpgsqlCommand(text, connection);
#pragma warning restore CA2100
        foreach (var (name, type, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            parameter.DbType = type;
            command.Parameters.Add(parameter);
        }
        var rows = new List<Dictionary<string, object?>>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(
                reader.GetName, column => reader.IsDBNull(column) ? null : reader.GetValue(column), StringComparer.OrdinalIgnoreCase));
        }
        return rows;
    }

    /// <summary>What the providers take for a yes or a no: the only column of the first row.</summary>
    public async Task<bool> SaysYesAsync(string key, params (string Name, DbType Type, object? Value)[] parameters) =>
        Convert.ToBoolean(Assert.Single((await RunAsync(key, parameters))[0].Values));
}
