using System.Collections.Concurrent;

namespace Lucid.Engine.Contract;

/// <summary>Where tests and grains meet, by key: a grain tells that it has come to a point, or waits there to be let on.</summary>
internal static class Barriers
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> All = new(StringComparer.Ordinal);

    public static void Reach(string point) => Of(point).Release();

    public static async Task WaitAsync(string point, int times = 1)
    {
        for (var i = 0; i < times; i++)
            await Of(point).WaitAsync();
    }

    private static SemaphoreSlim Of(string point) => All.GetOrAdd(point, _ => new SemaphoreSlim(0));
}
