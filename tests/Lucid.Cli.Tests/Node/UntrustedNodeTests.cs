using Lucid.Client.Tests;

namespace Lucid.Cli.Tests.Node;

public sealed class UntrustedNodeTests
{
    [Fact]
    public async Task Command_AtANodeThatNobodyVouchesFor_SaysSo_AndThatThereIsNoNode()
    {
        await using var server = new UntrustedServer();
        using var cli = new CliRun();

        Assert.Equal(ExitCode.NoNode, await cli.RunAsync("sessions", "--url", server.Url.GetLeftPart(UriPartial.Authority)));

        Assert.Contains("is not trusted", cli.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains("SSL_CERT_FILE", cli.Error.ToString(), StringComparison.Ordinal);
    }
}
