namespace Lucid.Silo.Tests.OpenApi;

/// <summary>One world for all tests of a class: starting it is most of what each of them costs.</summary>
public sealed class SharedWorld : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    internal ExampleWorld World { get; private set; } = null!;

    public async ValueTask InitializeAsync() => World = await ExampleWorld.StartAsync(_folder);

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        _folder.Dispose();
    }
}
