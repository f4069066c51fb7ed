using System.Net;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Recorders;

/// <summary>A request's body on its way to a recorder, which remembers whether it has set out: it can be sent once.</summary>
internal sealed class RequestBody : HttpContent
{
    private readonly HttpRequest _request;

    public RequestBody(HttpRequest request)
    {
        _request = request;
        foreach (var name in (ReadOnlySpan<string>)["Content-Type", "Content-Encoding", "Content-Digest"])
        {
            if (request.Headers.TryGetValue(name, out var values))
                Headers.TryAddWithoutValidation(name, [.. values]);
        }
    }

    public bool HasBegun { get; private set; }

    /// <summary>Why the client's body could not be read: it came too slowly, was too large, or broke off.</summary>
    public BadHttpRequestException? Refused { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        try
        {
            await _request.Body.CopyToAsync(stream, cancellationToken);
        }
        catch (BadHttpRequestException refused)
        {
            Refused = refused;
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _request.ContentLength ?? 0;
        return _request.ContentLength is not null;
    }
}
