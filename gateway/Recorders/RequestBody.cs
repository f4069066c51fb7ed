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

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        return _request.Body.CopyToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _request.ContentLength ?? 0;
        return _request.ContentLength is not null;
    }
}
