using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Records;
using Lucid.Gateway.Errors;
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
        var heirs = ImmutableArray.CreateBuilder<string>(Heirs);
        var body = PeerApi.Encode(key, salt);
        try
        {
            while (heirs.Count < Heirs && asked.Count > 0)
            {
                var next = Enumerable.Range(0, Math.Min(Heirs - heirs.Count, asked.Count)).Select(_ => asked.Dequeue()).ToList();
                var have = await Task.WhenAll(next.Select(peer => TryHandAsync(peer, session, body)));
                heirs.AddRange(next.Where((_, place) => have[place]));
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
        return heirs.ToImmutable();
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
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            throw Unreachable(recorder, broken);
        }
    }

    private async Task<bool> TryHandAsync(string peer, Guid session, byte[] body)
    {
        var isSent = false;
        try
        {
            using var limit = new CancellationTokenSource(_handsWithin, clock);
            using var answer = await link.SendAsync(peer, address =>
            {
                isSent = true;
                return new HttpRequestMessage(HttpMethod.Put, new Uri(address.Url + PeerApi.KeyOf(session))) { Content = new ByteArrayContent(body) };
            }, limit.Token);
            if (answer.IsSuccessStatusCode)
                return true;
            log.LogWarning("Recorder {Peer} does not take the key of session {Session}: {Status}", peer, session, answer.StatusCode);
            return false;
        }
        catch (Exception away) when (away is EngineException or OperationCanceledException)
        {
            // It may have taken it all the same, and is to be asked when the key is destroyed.
            log.LogWarning("Recorder {Peer} does not say whether it has the key of session {Session}: {Reason}", peer, session, away.Message);
            return isSent;
        }
    }

    /// <summary>What the other side says of its disk goes on as it is; everything else is that it cannot be had now.</summary>
    private static async Task<Exception> RefusedAsync(string recorder, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var (reason, code) = ($"it answered {(int)answer.StatusCode}", "");
        try
        {
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
            var error = json.RootElement.GetProperty("error");
            (reason, code) = (error.GetProperty("message").GetString() ?? reason, error.GetProperty("code").GetString() ?? "");
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException or HttpRequestException or IOException)
        {
            // The status has to do.
        }
        return code == ErrorTable.ChunkDamaged.Code || code == ErrorTable.ChunkMissing.Code
            ? new ChunkDamagedException($"At recorder {recorder}: {reason}")
            : new GrainUnreachableException($"recorder/{recorder}", reason);
    }

    private static GrainUnreachableException Unreachable(string recorder, Exception why) => new($"recorder/{recorder}", why.Message);
}
