namespace Lucid.Grains;

/// <summary>Runs work of more than a millisecond away from the engine's scheduler, a bounded number at a time.</summary>
public interface ICpuPool
{
    Task<T> RunAsync<T>(Func<T> work);
}
