using Lucid.Silo.Database;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Clustering;

/// <summary>What silos and gateways stand on: their data directory, taken, and the cluster's database, looked at.</summary>
internal sealed record ClusterGround(DataFolder Folder, NodeLock Held, string Connection, ClusterDatabase Database)
{
    /// <exception cref="EngineMissingException">This build has no cluster engine; nothing was touched.</exception>
    /// <exception cref="InvalidDataException">The directory cannot be used, or is a node's that runs alone.</exception>
    /// <exception cref="DataFolderInUseException">Another process has the directory.</exception>
    /// <exception cref="DatabaseSchemaException">The database has another schema than this Lucid works with.</exception>
    /// <exception cref="DatabaseUnreachableException"/>
    public static async Task<ClusterGround> TakeAsync(NodeOptions options, CancellationToken cancellation)
    {
        ClusterEngine.Require();
        var connection = options.Cluster.ReadDatabase();
        var folder = new DataFolder(options.Data);
        var held = HostParts.Take(folder);
        // What the first start of a node makes there, and nobody looks at in a cluster.
        if (File.Exists(folder.GrainStore))
            throw new InvalidDataException(
                $"{folder.Root} belongs to a node that runs alone: {folder.GrainStore} has its sessions. Give this {options.Role.ToString().ToLowerInvariant()} another data directory.");
        var database = new ClusterDatabase(connection);
        await database.RequireCurrentAsync(cancellation);
        return new ClusterGround(folder, held, connection, database);
    }
}
