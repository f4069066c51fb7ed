namespace Lucid.Engine.Embedded.Testing;

/// <summary>The one source of chance of a test mode.</summary>
internal sealed class Chance(EngineTestMode mode)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(mode.Seed);

    public bool Shuffles => mode.Shuffles;

    public int Below(int bound)
    {
        lock (_gate)
            return _random.Next(bound);
    }

    /// <summary>How often one delivery arrives: 0, 1 or 2 times.</summary>
    public int Deliveries()
    {
        lock (_gate)
        {
            var draw = _random.NextDouble();
            return draw < mode.Lost ? 0 : draw < mode.Lost + mode.Repeated ? 2 : 1;
        }
    }
}
