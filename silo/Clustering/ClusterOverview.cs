using System.Text.Json;
using Lucid.Evidence.Ledger;
using Lucid.Gateway.Cluster;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Npgsql;

namespace Lucid.Silo.Clustering;

/// <summary>The engine's list of silos, what each says of itself, and the reminders in the database.</summary>
internal sealed class ClusterOverview(
    IClusterEngineView engine, IRecorderLink link, ClusterDatabase database, NodeOptions options, Genesis genesis, TimeProvider clock) : IClusterOverview
{
    // Somebody waits in front of a screen, and a silo that is cut off answers nothing.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    public async Task<ClusterStatus> LookAsync(CancellationToken cancellation)
    {
        var silos = engine.SilosAsync(cancellation);
        var reminders = RemindersAsync(cancellation);
        var complete = await Task.WhenAll((await silos).Select(silo => CompleteAsync(silo, cancellation)));
        return new ClusterStatus(options.Cluster.Id, options.Name!, genesis.Network, options.Cluster.Ledger, [.. complete], await reminders);
    }

    private async Task<SiloStatus> CompleteAsync(SiloStatus silo, CancellationToken cancellation)
    {
        silo = silo with { Roles = silo.Name == options.Cluster.Ledger ? ["recorder", "ledger"] : ["recorder"] };
        if (silo.Activations is null)
            return silo;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var timer = clock.CreateTimer(_ => limit.Cancel(), null, _patience, Timeout.InfiniteTimeSpan);
            using var answer = await link.SendAsync(silo.Name, address => new HttpRequestMessage(HttpMethod.Get, new Uri(address.Url + PeerApi.Figures)), limit.Token);
            var figures = JsonSerializer.Deserialize<SiloFigures>(await answer.Content.ReadAsStreamAsync(limit.Token), JsonSerializerOptions.Web);
            return silo with { StreamLagMs = figures?.StreamLagMs };
        }
        catch (Exception away) when (away is EngineException or JsonException || LostConnection.Is(away, cancellation))
        {
            return silo;
        }
    }

    private async Task<RemindersStatus?> RemindersAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellation);
            // A reminder rings at its start and every period (in ms) from then on: the next time is a whole number of periods away from the first.
            await using var command = new NpgsqlCommand(
                """
                SELECT count(*), count(*) FILTER (WHERE CASE
                    WHEN starttime > now() THEN starttime <= now() + interval '1 minute'
                    ELSE (period / 1000.0) - mod(extract(epoch FROM now() - starttime)::numeric, (period / 1000.0)) <= 60 END)
                FROM orleansreminderstable WHERE serviceid=@cluster
                """, connection);
            command.Parameters.AddWithValue("cluster", options.Cluster.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return new RemindersStatus(reader.GetInt64(0), reader.GetInt64(1));
        }
        catch (Exception away) when (away is NpgsqlException or DatabaseUnreachableException)
        {
            return null;
        }
    }
}
