using System.Collections.Immutable;

namespace Lucid.Gateway.Recorders;

/// <summary>The recorders that can take new sessions. The host registers it where there are several.</summary>
public interface IRecorderNames
{
    /// <summary>By name, in any order; none where no recorder is up.</summary>
    ValueTask<ImmutableArray<string>> NamesAsync(CancellationToken cancellation);
}

/// <summary>A node records all of its sessions itself.</summary>
internal sealed class OwnRecorder(GatewayOptions options) : IRecorderNames
{
    private readonly ImmutableArray<string> _names = [options.Node];

    public ValueTask<ImmutableArray<string>> NamesAsync(CancellationToken cancellation) => ValueTask.FromResult(_names);
}
