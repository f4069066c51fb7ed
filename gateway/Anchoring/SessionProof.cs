using Lucid.Evidence.Ledger;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Sessions;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Anchoring;

/// <summary>A closed session's manifest and, once the log has it, the receipt of its anchor.</summary>
/// <param name="Receipt">Null until a published checkpoint covers the anchor.</param>
internal sealed record SessionProof(SessionView View, SignedManifest Signed, Manifest Manifest, LogReceipt? Receipt)
{
    /// <summary>
    /// Whether the receipt proves that this manifest's anchor is in the log, by the proof itself and not by anybody's word. Who cosigned the
    /// checkpoint is for the evidence file's verifier.
    /// </summary>
    public bool IsIncluded() =>
        Receipt is not null && TlogProof.Parse(System.Text.Encoding.UTF8.GetBytes(Receipt.Proof)).VerifyInclusion(Anchor.Of(Manifest, Signed.Manifest).Hash());

    /// <exception cref="SessionStateException">The session is not closed yet.</exception>
    public static async Task<SessionProof> FindAsync(Caller caller, Guid id, IGrains grains, GatewayOptions options)
    {
        var session = grains.Session(id);
        return await FindAsync(await session.GetAsync(caller), await session.ManifestAsync(caller), grains, options);
    }

    /// <summary>As above, for a session that has to be anchored already.</summary>
    /// <param name="renew">Under the newest checkpoint, instead of the first one that covers the anchor.</param>
    /// <exception cref="ApiException">It is not; the answer says when to ask again.</exception>
    public static async Task<(SessionProof Proof, LogReceipt Receipt)> RequireAsync(
        Caller caller, Guid id, IGrains grains, GatewayOptions options, bool renew = false)
    {
        var session = grains.Session(id);
        var view = await session.GetAsync(caller);
        if (view.ManifestSha256 is not null)
        {
            var proof = await FindAsync(view, await session.ManifestAsync(caller), grains, options, renew);
            if (proof.Receipt is { } receipt)
                return (proof, receipt);
        }
        var why = view.Status is SessionStatus.Anchored or SessionStatus.Erased
            ? $"Session {id} is anchored, and its receipt is made again with the ledger's next block."
            : $"Session {id} is {view.Status.ToString().ToLowerInvariant()}, not anchored yet.{(view.Waiting is { } waiting ? $" It waits for {waiting}." : "")}";
        throw new ApiException(ErrorTable.NotAnchoredYet, why, retryAfter: options.BlockInterval);
    }

    private static async Task<SessionProof> FindAsync(SessionView view, SignedManifest signed, IGrains grains, GatewayOptions options, bool renew = false)
    {
        var manifest = Manifest.Parse(signed.Manifest);
        var key = new EntryKey(view.SessionId, manifest.Recorder.Key, LedgerEntryKind.Anchor);
        var log = grains.Get<ILogGrain>(options.Ledger);
        return new SessionProof(view, signed, manifest, await (renew ? log.RenewAsync(key) : log.ReceiptAsync(key)));
    }
}
