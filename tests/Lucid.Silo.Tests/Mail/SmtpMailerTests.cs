using System.Net;
using System.Net.Sockets;
using System.Text;
using Lucid.Gateway.Auth;
using Lucid.GrainInterfaces.Identity;
using Lucid.Silo.Mail;

namespace Lucid.Silo.Tests.Mail;

public sealed class SmtpMailerTests
{
    private static readonly Gateway.Auth.Mail _mail = new(MailAddress.Parse("ada@example.org"), "Sign in", "lucid login --link lml_x\n.\nthe end");

    [Fact]
    public async Task Mail_IsHandedToTheServer_WithNameAndPassword()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = ServeAsync(listener, refuse: null);
        await Mailer(listener, "lucid", "hunter2").SendAsync(_mail, CancellationToken.None);
        listener.Stop();
        var said = await server;
        Assert.Contains($"AUTH login {Convert.ToBase64String("lucid"u8)}", said, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("MAIL FROM:<lucid@example.org>", said, StringComparison.Ordinal);
        Assert.Contains("RCPT TO:<ada@example.org>", said, StringComparison.Ordinal);
        var body = said[(said.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
        Assert.Equal("lucid login --link lml_x\n.\nthe end", Encoding.UTF8.GetString(Convert.FromBase64String(body[..body.IndexOf("\n\n", StringComparison.Ordinal)])).ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Server_ThatRefuses_IsNamed_AndNothingOfTheMailIs()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var (server, port) = (ServeAsync(listener, refuse: "RCPT"), ((IPEndPoint)listener.LocalEndpoint).Port);
        var refused = await Assert.ThrowsAsync<MailException>(() => Mailer(listener, null, null).SendAsync(_mail, CancellationToken.None));
        listener.Stop();
        await server;
        Assert.Contains($"127.0.0.1:{port} did not take the mail", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("lml_", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsAway_IsNamed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var mailer = Mailer(listener, null, null);
        listener.Stop();
        await Assert.ThrowsAsync<MailException>(() => mailer.SendAsync(_mail, CancellationToken.None));
    }

    private static SmtpMailer Mailer(TcpListener listener, string? user, string? password) => new(
        new MailOptions { Server = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, Sender = "lucid@example.org", User = user }, password, TimeProvider.System);

    /// <summary>One connection of SMTP: takes everything but one command, and gives what the client said.</summary>
    private static async Task<string> ServeAsync(TcpListener listener, string? refuse)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        await using var writer = new StreamWriter(stream, Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        var said = new StringBuilder();
        await writer.WriteLineAsync("220 ready");
        while (await reader.ReadLineAsync() is { } line)
        {
            said.Append(line).Append('\n');
            if (refuse is not null && line.StartsWith(refuse, StringComparison.Ordinal))
                await writer.WriteLineAsync("550 nobody here");
            else if (line.StartsWith("EHLO", StringComparison.Ordinal))
                await writer.WriteLineAsync("250-here\r\n250 AUTH LOGIN");
            else if (line.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase))
                await writer.WriteLineAsync("334 UGFzc3dvcmQ6");
            else if (line == Convert.ToBase64String("hunter2"u8))
                await writer.WriteLineAsync("235 welcome");
            else if (line == "DATA")
                await TakeAsync(reader, writer, said);
            else if (line == "QUIT")
                break;
            else
                await writer.WriteLineAsync("250 ok");
        }
        return said.ToString();
    }

    private static async Task TakeAsync(StreamReader reader, StreamWriter writer, StringBuilder said)
    {
        await writer.WriteLineAsync("354 go on");
        while (await reader.ReadLineAsync() is { } line && line != ".")
            said.Append(line).Append('\n');
        said.Append("\n\n");
        await writer.WriteLineAsync("250 taken");
    }
}
