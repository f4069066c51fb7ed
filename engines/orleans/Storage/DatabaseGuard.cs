using System.Data.Common;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Cluster.Storage;

/// <summary>What the cluster's database refuses, its clients' own exceptions say; grains and gateways know the engine's.</summary>
internal static class DatabaseGuard
{
    public static Task RunAsync(string what, Func<Task> use) => RunAsync(what, async () =>
    {
        await use();
        return true;
    });

    /// <param name="what">What it is asked for.</param>
    /// <exception cref="GrainStoreException">It is refused.</exception>
    public static async Task<T> RunAsync<T>(string what, Func<Task<T>> use)
    {
        try
        {
            return await use();
        }
        catch (DbException refused)
        {
            throw new GrainStoreException($"The cluster's database refused {what} ({refused.Message}); it goes on once the database does.", refused);
        }
    }
}
