namespace Lucid.Gateway.Sessions;

/// <summary>Marks endpoints that need the header Lucid-Lease, or take the chunk headers too, for the OpenAPI document.</summary>
internal sealed record LeaseHeader(bool WithChunk)
{
    public static LeaseHeader Required { get; } = new(WithChunk: false);
    public static LeaseHeader Chunk { get; } = new(WithChunk: true);
}
