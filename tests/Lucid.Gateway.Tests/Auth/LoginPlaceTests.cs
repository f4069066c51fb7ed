using Lucid.Gateway.Access;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Auth;

public sealed class LoginPlaceTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://[::1]:8080", "localhost:8080", "http://localhost:8080")]
    [InlineData("https://[::]:8443 http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("https://[2001:db8::1]:8443 https://192.0.2.1", "192.0.2.1", "https://192.0.2.1")]
    public void Place_WithoutADomain_IsTheFirstAddressThatAWalletCanSign(string addresses, string domain, string url)
    {
        using var server = new FakeServer(addresses.Split(' '));
        var place = new LoginPlace(new AccessOptions(), server);
        Assert.Equal((domain, url, domain.Split(':')[0]), (place.Domain, place.Url, place.Host));
        Assert.Null(LoginMessage.FindProblem(place.Domain));
        Assert.Null(place.FindProblem());
    }

    [Theory]
    [InlineData("https://[2001:db8::1]:8443")]
    [InlineData("https://[::]:8443")]
    [InlineData("https://0.0.0.0:8443")]
    public async Task Start_WhereNobodyCouldSignIn_IsRefused_AndWithADomainItIsNot(string address)
    {
        using var server = new FakeServer(address);
        var options = GatewayHost.Options with { Access = new AccessOptions { Certificate = "c", CertificateKey = "k" } };
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => GatewayHost.StartAsync(services => services.AddSingleton<IServer>(server), options));
        Assert.Contains(address, refused.Message, StringComparison.Ordinal);
        Assert.Contains("access.domain", refused.Message, StringComparison.Ordinal);
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IServer>(server), options with { Access = options.Access with { Domain = "lucid.example.org" } });
    }

    [Theory]
    [InlineData("lucid_1.example.org")]
    [InlineData("lucid.example.org.")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.org")]
    [InlineData("Lucid.example.org")]
    [InlineData("https://lucid.example.org")]
    [InlineData("::1")]
    public void Domain_ThatAWalletCannotSign_IsAMistake(string domain)
    {
        Assert.NotNull(LoginMessage.FindProblem(domain));
        var mistake = Assert.Single(new AccessOptions { Domain = domain }.FindMistakes());
        Assert.StartsWith("access.domain ", mistake, StringComparison.Ordinal);
    }

    /// <summary>Listens nowhere, and says that it listened there.</summary>
    private sealed class FakeServer : IServer
    {
        public FakeServer(params string[] addresses)
        {
            var feature = new ServerAddressesFeature();
            foreach (var address in addresses)
                feature.Addresses.Add(address);
            Features.Set<IServerAddressesFeature>(feature);
        }

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
