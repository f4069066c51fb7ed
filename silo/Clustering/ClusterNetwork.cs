using Lucid.Evidence;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Database;
using Lucid.Silo.Storage;
using Npgsql;

namespace Lucid.Silo.Clustering;

/// <summary>
/// The network that a cluster records for. The silo with the ledger says in the database what it is; the others, and gateways, read that at
/// their first start, and from then on hold it on their own disk: a database that says something else later is not believed.
/// </summary>
internal sealed class ClusterNetwork(ClusterDatabase database, string cluster)
{
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Says which silo holds which ledger.</summary>
    /// <exception cref="InvalidDataException">Another silo, or another ledger, has said so before.</exception>
    /// <exception cref="LedgerDamagedException">The copy on this disk is damaged.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public async Task AnnounceAsync(DataFolder folder, string ledger, Genesis genesis, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using (var command = new NpgsqlCommand("INSERT INTO lucid_network VALUES (@cluster, @ledger, @genesis) ON CONFLICT DO NOTHING", connection))
        {
            command.Parameters.AddWithValue("cluster", cluster);
            command.Parameters.AddWithValue("ledger", ledger);
            command.Parameters.AddWithValue("genesis", genesis.Encode());
            await command.ExecuteNonQueryAsync(cancellation);
        }
        var (holder, known) = await ReadAsync(connection, cancellation) ?? throw new InvalidDataException($"{database.Name} forgot the network of cluster {cluster}.");
        if (holder != ledger || known.Network != genesis.Network)
            throw new InvalidDataException(
                $"Cluster {cluster} records for network {known.Network}, whose ledger {holder} holds; {ledger} holds that of {genesis.Network}. Give that cluster its ledger back, or give this one another cluster.id.");
        // Also the mark by which a directory is known as a cluster's.
        Keep(folder, genesis);
    }

    /// <summary>The network, from this process's own disk or, at its first start, from the database, as soon as the silo with the ledger has been up.</summary>
    /// <param name="ledger">The silo that has to hold the ledger.</param>
    /// <param name="wait">Told once, where there is nothing yet.</param>
    /// <exception cref="InvalidDataException">Another silo holds the ledger, or the network is another one than at the first start.</exception>
    /// <exception cref="LedgerDamagedException">The file on this disk is damaged.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public async Task<Genesis> JoinAsync(DataFolder folder, string ledger, TimeProvider clock, Action<string> wait, CancellationToken cancellation)
    {
        var isSaid = false;
        while (true)
        {
            await using (var connection = await database.OpenAsync(cancellation))
            {
                if (await ReadAsync(connection, cancellation) is var (holder, genesis))
                {
                    if (holder != ledger)
                        throw new InvalidDataException($"cluster.ledger is '{ledger}', but {holder} holds the ledger of cluster {cluster}; say cluster.ledger: {holder}.");
                    return Keep(folder, genesis);
                }
            }
            if (!isSaid)
                wait($"Waiting for {ledger}, which holds the ledger and has never been up in cluster {cluster}.");
            isSaid = true;
            await Task.Delay(_betweenLooks, clock, cancellation);
        }
    }

    private Genesis Keep(DataFolder folder, Genesis announced)
    {
        if (!File.Exists(folder.Network))
        {
            DurableFile.Create(folder.Network, announced.Encode());
            return announced;
        }
        Genesis kept;
        try
        {
            kept = Genesis.Parse(File.ReadAllBytes(folder.Network));
        }
        catch (MalformedException damage)
        {
            throw new LedgerDamagedException(folder.Network, null, $"the copy of the genesis is damaged ({damage.Message})", "Copy it from another silo of the cluster, whose file of that name holds the same");
        }
        return kept.Network == announced.Network ? kept : throw new InvalidDataException(
            $"{database.Name} says that cluster {cluster} records for network {announced.Network}, but {folder.Network}, kept since the first start, says {kept.Network}. " +
            "Find out who changed the database; for another network take another data directory.");
    }

    private async Task<(string Ledger, Genesis Genesis)?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT ledger, genesis FROM lucid_network WHERE service_id=@cluster", connection);
        command.Parameters.AddWithValue("cluster", cluster);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        try
        {
            return (reader.GetString(0), Genesis.Parse(reader.GetFieldValue<byte[]>(1)));
        }
        catch (MalformedException damage)
        {
            throw new InvalidDataException($"{database.Name} holds no genesis for cluster {cluster} but something else ({damage.Message}). Delete its row in lucid_network; the silo with the ledger writes it anew.", damage);
        }
    }
}
