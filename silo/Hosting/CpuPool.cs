using Lucid.Grains;

namespace Lucid.Silo.Hosting;

/// <summary>Work of grains that takes more than a millisecond: on the thread pool, two pieces at a time.</summary>
internal sealed class CpuPool : ICpuPool, IDisposable
{
    private readonly SemaphoreSlim _places = new(2);

    public async Task<T> RunAsync<T>(Func<T> work)
    {
        await _places.WaitAsync();
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();
}
