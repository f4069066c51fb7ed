using System.Collections.Immutable;
using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>What there is of a session once it was recorded: evidence, proofs, playback, key. Bytes and texts are exact, as their hashes are over them.</summary>
public sealed class RecordingsClient
{
    private readonly LucidClient _client;

    internal RecordingsClient(LucidClient client) => _client = client;

    /// <summary>The evidence file, which Lucid.Evidence and `lucid verify` check offline. Never with a key.</summary>
    /// <param name="session">The session. 6001 (409) with Retry-After until it is anchored.</param>
    /// <param name="full">With the ciphertext of every chunk.</param>
    /// <param name="renew">Its receipt under the node's newest checkpoint, instead of the first that covers it.</param>
    /// <param name="skipDamaged">Without the ciphertext of damaged chunks, which <see cref="AnswerStream.SkippedChunks"/> then names; else 4108.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<AnswerStream> OpenEvidenceAsync(Guid session, bool full = false, bool renew = false, bool skipDamaged = false, CancellationToken cancellation = default) =>
        _client.OpenAsync(Get(Query(Of(session, "evidence"), ("full", full), ("renew", renew), ("skip_damaged", skipDamaged))), cancellation);

    /// <summary>The plaintext of one track, all its chunks in a row. Gaps have no bytes.</summary>
    /// <param name="session">The session.</param>
    /// <param name="track">0 to 255.</param>
    /// <param name="skipDamaged">Without damaged chunks, which <see cref="AnswerStream.SkippedChunks"/> then names; else 4108.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<AnswerStream> OpenPlaybackAsync(Guid session, int track = 0, bool skipDamaged = false, CancellationToken cancellation = default) =>
        _client.OpenAsync(Get(Query(Of(session, "playback"), ("track", track), ("skip_damaged", skipDamaged))), cancellation);

    /// <summary>The manifest.</summary>
    public Task<byte[]> GetManifestAsync(Guid session, CancellationToken cancellation = default) => _client.ReadBytesAsync(Of(session, "manifest"), cancellation);

    /// <summary>The recorder's signed note over the manifest's SHA-256.</summary>
    public Task<string> GetManifestSignatureAsync(Guid session, CancellationToken cancellation = default) => _client.ReadTextAsync(Of(session, "manifest/signature"), cancellation);

    /// <summary>The leaves in order: what the session's Merkle root is over.</summary>
    public Task<AnswerStream> OpenLeavesAsync(Guid session, CancellationToken cancellation = default) => _client.OpenAsync(Get(Of(session, "leaves")), cancellation);

    /// <summary>A C2SP tlog-proof: where the log holds the session's anchor.</summary>
    /// <param name="session">The session. 6001 (409) with Retry-After until it is anchored.</param>
    /// <param name="renew">Under the newest checkpoint, instead of the first that covers it.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<string> GetReceiptAsync(Guid session, bool renew = false, CancellationToken cancellation = default) =>
        _client.ReadTextAsync(Query(Of(session, "receipt"), ("renew", renew)), cancellation);

    /// <summary>The key file. Secret: whoever holds it can read the recording, for ever.</summary>
    public Task<byte[]> GetKeyAsync(Guid session, CancellationToken cancellation = default) => _client.ReadBytesAsync(Of(session, "key"), cancellation);

    /// <summary>How far chunks have come on the session's recorder, since that was started.</summary>
    public Task<PipelineView> GetPipelineAsync(Guid session, CancellationToken cancellation = default) => _client.ReadAsync<PipelineView>(Get(Of(session, "pipeline")), cancellation);

    private static string Of(Guid session, string what) => $"{SessionsClient.Of(session)}/{what}";
}

/// <summary>How far the chunks of a session have come on its recorder.</summary>
/// <param name="Stages">From received to counted.</param>
/// <param name="OverallMetrics">All stages together.</param>
/// <param name="SessionId">The session.</param>
public sealed record PipelineView(ImmutableArray<StageView> Stages, PipelineTotals OverallMetrics, Guid SessionId = default);

/// <summary>One step on a chunk's way.</summary>
/// <param name="StageName">Such as sealed.</param>
/// <param name="Chunks">Chunks that have passed it since the recorder started.</param>
public sealed record StageView(string StageName, long Chunks);

/// <summary>All stages together.</summary>
/// <param name="InFlight">Chunks on their way.</param>
/// <param name="MeanGzipLevel">0 where nothing was compressed, up to 9.</param>
/// <param name="PlainBytes">Bytes of plaintext that came.</param>
/// <param name="CipherBytes">Bytes of ciphertext that were stored.</param>
public sealed record PipelineTotals(int InFlight, double MeanGzipLevel, long PlainBytes = 0, long CipherBytes = 0);
