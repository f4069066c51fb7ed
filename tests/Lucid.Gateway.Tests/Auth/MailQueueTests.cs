using System.Net.Http.Json;
using System.Threading.Channels;
using Lucid.Evidence.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Lucid.Gateway.Tests.Auth;

public sealed class MailQueueTests
{
    private const string Ada = "ada@example.org";

    private static readonly Uri _mail = new("/api/v1/auth/mail", UriKind.Relative);

    /// <summary>Out of the worker an exception would stop the process.</summary>
    [Fact]
    public async Task Failure_OfAnyKind_CostsOneMail_AndTheNextIsSent()
    {
        await using var engine = await GrainEngine.StartAsync();
        await engine.Engine.Get<IUserGrain>($"mail:{Ada}").AdmitAsync(Caller.Lucid, Role.User);
        var mailer = new FakeMailer();
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IMailer>(mailer));
        var failures = new Queue<Exception>(
        [
            new KeyNotFoundException("a bug"), new ApiException(ErrorTable.CircuitOpen, "asked for no more"), new GrainUnreachableException("user/x", "away"),
            new OperationCanceledException("gave up"), new InvalidOperationException("another"),
        ]);
        host.Node.Engine = () => failures.TryDequeue(out var failure) ? throw failure : engine.Engine;
        mailer.Failures.Enqueue(new MailException("the server is away"));
        mailer.Failures.Enqueue(new IOException("lml_secret"));
        for (var asked = failures.Count + mailer.Failures.Count; asked >= 0; asked--)
        {
            using var answer = await host.Anyone.PostAsJsonAsync(_mail, new { email = Ada });
            Assert.Equal(202, (int)answer.StatusCode);
        }
        Assert.Equal(Ada, (await mailer.NextAsync()).To.ToString());
        Assert.Contains(host.Log.Lines, line => line.Contains("asked for no more", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains("lml_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Links_OfUsers_AreCountedInTheAuditLog_AndNobodyElseIsNamedThere()
    {
        await using var engine = await GrainEngine.StartAsync();
        await engine.Engine.Get<IUserGrain>($"mail:{Ada}").AdmitAsync(Caller.Lucid, Role.User);
        await engine.Engine.Get<IUserGrain>("mail:last@example.org").AdmitAsync(Caller.Lucid, Role.User);
        var mailer = new FakeMailer();
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IMailer>(mailer));
        host.Node.Engine = () => engine.Engine;
        // Three links are on their way at most; the last of all shows that the others were looked at.
        foreach (var email in (string[])["nobody@example.org", Ada, Ada, Ada, Ada, "last@example.org"])
            (await host.Anyone.PostAsJsonAsync(_mail, new { email })).Dispose();
        while ((await mailer.NextAsync()).To.ToString() == Ada)
        {
        }
        await host.StopAsync();
        var links = host.Node.Audit.Events.Where(one => one.Action == "mail_link" && one.Resource == $"user/mail:{Ada}").ToList();
        Assert.Equal([(AuditOutcome.Success, "3"), (AuditOutcome.Refused, "1")], links.Select(one => (one.Outcome, one.Details["count"])).Order());
        Assert.Equal((ErrorTable.LockedOut.Code, "", "127.0.0.1"), (links.Single(one => one.Outcome == AuditOutcome.Refused).Details["code"], links[0].Actor, links[0].Details["addresses"]));
        Assert.DoesNotContain(host.Node.Audit.Events, one => one.Resource.Contains("nobody", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Address_AsLongAsAnyIsTaken_HasNamesThatFit_AndALongerOneIsRefused()
    {
        await using var engine = await GrainEngine.StartAsync();
        var longest = Address(MailAddress.MaxLength);
        var user = MailAddress.Parse(longest).UserId;
        Assert.InRange($"account/{user}".Length, 1, 256);
        Assert.InRange($"user/{user}".Length, 1, AuditEvent.MaxName);
        var (link, text) = OpaqueToken.Make(OpaqueToken.MailLink, user, Guid.CreateVersion7());
        Assert.Equal(link, OpaqueToken.Parse(OpaqueToken.MailLink, text));

        await engine.Engine.Get<IUserGrain>(user).AdmitAsync(Caller.Lucid, Role.User);
        var mailer = new FakeMailer();
        await using var host = await GatewayHost.StartAsync(services => services.AddSingleton<IMailer>(mailer));
        host.Node.Engine = () => engine.Engine;
        using var taken = await host.Anyone.PostAsJsonAsync(_mail, new { email = longest });
        Assert.Equal(202, (int)taken.StatusCode);
        Assert.Equal(longest, (await mailer.NextAsync()).To.ToString());
        foreach (var length in new[] { MailAddress.MaxLength + 1, 252, 254 })
        {
            using var refused = await host.Anyone.PostAsJsonAsync(_mail, new { email = Address(length) });
            await GatewayHost.ErrorOf(refused, ErrorTable.BadFormat);
        }
    }

    private static string Address(int length)
    {
        var address = "a@" + string.Join('.', Enumerable.Repeat(new string('b', 62), 4));
        return $"{new string('a', Math.Max(0, length - address.Length))}{address}"[..length];
    }

    private sealed class FakeMailer : IMailer
    {
        private readonly Channel<Mail> _sent = Channel.CreateUnbounded<Mail>();

        public Queue<Exception> Failures { get; } = [];

        public Task SendAsync(Mail mail, CancellationToken cancellation) =>
            Failures.TryDequeue(out var failure) ? Task.FromException(failure) : _sent.Writer.WriteAsync(mail, cancellation).AsTask();

        public Task<Mail> NextAsync() => _sent.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
    }
}
