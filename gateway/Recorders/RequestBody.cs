using System.Net;
using Microsoft.AspNetCore.Http;

namespace Lucid.Gateway.Recorders;

/// <summary>A request's body on its way to a recorder, which remembers whether it has set out: it can be sent once.</summary>
internal sealed class RequestBody : HttpContent
{
    private readonly HttpRequest _request;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

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

    /// <summary>
    /// Reads no more of it. HttpClient does not wait for a copy that it has begun, and a client whose request failed still sends: the web server
    /// reads what is left, so that it sees its answer, and cannot while somebody else reads.
    /// </summary>
    public async Task LeaveAsync()
    {
        if (!HasBegun || _ended.Task.IsCompleted)
            return;
        _request.BodyReader.CancelPendingRead();
        await _ended.Task;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasBegun = true;
        // Kestrel lets nobody read on after a read that a token has ended, and it has to: see LeaveAsync.
        await using var canceled = cancellationToken.Register(_request.BodyReader.CancelPendingRead);
        try
        {
            while (await CopySomeAsync(stream, cancellationToken))
            {
                // The next bytes.
            }
        }
        catch (BadHttpRequestException refused)
        {
            Refused = refused;
            throw;
        }
        finally
        {
            _ended.SetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _request.ContentLength ?? 0;
        return _request.ContentLength is not null;
    }

    private async Task<bool> CopySomeAsync(Stream stream, CancellationToken cancellation)
    {
        var read = await _request.BodyReader.ReadAsync(CancellationToken.None);
        try
        {
            if (read.IsCanceled)
                throw new OperationCanceledException("The request is over.");
            foreach (var segment in read.Buffer)
                await stream.WriteAsync(segment, cancellation);
            return !read.IsCompleted;
        }
        finally
        {
            _request.BodyReader.AdvanceTo(read.Buffer.End);
        }
    }
}
