using System.Net;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>A body without a length that a test writes as it goes on.</summary>
internal sealed class StepContent(Func<Stream, Task> write) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
