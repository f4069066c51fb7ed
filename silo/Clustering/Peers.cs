using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Clustering;

/// <summary>The other recorders of the cluster over HTTP.</summary>
internal sealed class Peers(RecorderEndpoint own, RecorderLink link, IClusterMembers members, TimeProvider clock, ILogger<Peers> log) : IPeers
{
    private const int Heirs = 2;

    // Whoever opens a session waits for this.
    private static readonly TimeSpan _handsWithin = TimeSpan.FromSeconds(5);

    public RecorderAddress? Address => own.Address;

    public async Task<ImmutableArray<string>> HandKeyAsync(Guid session, SessionKey key, Hash256 salt)
    {
        var silos = await members.SilosAsync(CancellationToken.None);
        // From oneself on and around, so that each is heir to two, whichever they are.
        var self = silos.IndexOf(link.Own!);
        var asked = new Queue<string>(Enumerable.Range(1, silos.Length).Select(step => silos[(self + step) % silos.Length]).Where(name => name != link.Own));
        var answers = new List<(string Peer, bool? Has)>();
        var body = PeerApi.Encode(key, salt);
        try
        {
            while (Heirs - answers.Count(answer => answer.Has == true) is var wanted and > 0 && asked.Count > 0)
            {
                var next = Enumerable.Range(0, Math.Min(wanted, asked.Count)).Select(_ => asked.Dequeue()).ToList();
                answers.AddRange(await Task.WhenAll(next.Select(async peer => (peer, await TryHandAsync(peer, session, body)))));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
        // Erasing has to reach a key that arrived although the answer did not.
        return [.. answers.Where(answer => answer.Has == true).Concat(answers.Where(answer => answer.Has is null)).Select(answer => answer.Peer)];
    }

    public async Task ReadCiphertextAsync(string recorder, ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation)
    {
        using var answer = await link.SendAsync(
            recorder, address => new HttpRequestMessage(HttpMethod.Get, new Uri($"{address.Url}/api/v1/sessions/{leaf.Session:D}/chunks/{leaf.Index}")), cancellation);
        if (!answer.IsSuccessStatusCode)
            throw await RefusedAsync(recorder, answer, cancellation);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
            await body.ReadExactlyAsync(destination, cancellation);
        }
        catch (Exception broken) when (LostConnection.Is(broken, cancellation))
        {
            throw Unreachable(recorder, broken);
        }
    }

    /// <returns>Whether it has the key; null where it may, since the key set out and no answer came.</returns>
    private async Task<bool?> TryHandAsync(string peer, Guid session, byte[] body)
    {
        KeyContent? content = null;
        try
        {
            using var limit = new CancellationTokenSource(_handsWithin, clock);
            using var answer = await link.SendAsync(
                peer, address => new HttpRequestMessage(HttpMethod.Put, new Uri(address.Url + PeerApi.KeyOf(session))) { Content = content = new KeyContent(body) }, limit.Token);
            if (answer.IsSuccessStatusCode)
                return true;
            log.LogWarning("Recorder {Peer} does not take the key of session {Session}: {Status}", peer, session, answer.StatusCode);
            return false;
        }
        catch (Exception away) when (away is EngineException or OperationCanceledException)
        {
            log.LogWarning("Recorder {Peer} is no heir of session {Session}: {Reason}", peer, session, away.Message);
            return content?.HasSetOut == true ? null : false;
        }
    }

    /// <summary>What the other side says of its disk goes on as it is; everything else is that it cannot be had now.</summary>
    private static async Task<Exception> RefusedAsync(string recorder, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var reason = $"it answered {(int)answer.StatusCode}";
        try
        {
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
            reason = json.RootElement.GetProperty("error").GetProperty("message").GetString() ?? reason;
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException or HttpRequestException or IOException)
        {
            // The status has to do.
        }
        return answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.InternalServerError
            ? new ChunkDamagedException($"At recorder {recorder}: {reason}")
            : new GrainUnreachableException($"recorder/{recorder}", reason);
    }

    private static GrainUnreachableException Unreachable(string recorder, Exception why) => new($"recorder/{recorder}", why.Message);

    private sealed class KeyContent(byte[] body) : ByteArrayContent(body)
    {
        public bool HasSetOut { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            HasSetOut = true;
            return base.SerializeToStreamAsync(stream, context, cancellationToken);
        }
    }
}
