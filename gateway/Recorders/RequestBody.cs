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

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <summary>What the client did wrong while its body was read, such as sending too much or too slowly.</summary>
    public BadHttpRequestException? Fault { get; private set; }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        try
        {
            await _request.Body.CopyToAsync(stream, cancellationToken);
        }
        catch (BadHttpRequestException fault)
        {
            Fault = fault;
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _request.ContentLength ?? 0;
        return _request.ContentLength is not null;
    }
}
