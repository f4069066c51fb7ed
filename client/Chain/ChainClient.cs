using static Lucid.Client.ApiRequest;

namespace Lucid.Client;

/// <summary>The ledger, its log, and where it holds what.</summary>
public sealed class ChainClient
{
    private const string Blocks = Api + "blocks";

    private readonly LucidClient _client;

    internal ChainClient(LucidClient client) => _client = client;

    /// <summary>What the ledger is.</summary>
    public Task<ChainInfo> GetInfoAsync(CancellationToken cancellation = default) => _client.ReadAsync<ChainInfo>(Get(Api + "chain/info"), cancellation);

    /// <summary>Whether it moves.</summary>
    public Task<ChainStatus> GetStatusAsync(CancellationToken cancellation = default) => _client.ReadAsync<ChainStatus>(Get(Api + "chain/status"), cancellation);

    /// <summary>The validator set, as `lucid verify --validators` takes it. Compare its fingerprint with somebody else's before you trust it.</summary>
    public Task<string> GetValidatorsAsync(CancellationToken cancellation = default) => _client.ReadTextAsync(Api + "chain/validators", cancellation);

    /// <summary>The genesis, as it was signed.</summary>
    public Task<string> GetGenesisAsync(CancellationToken cancellation = default) => _client.ReadTextAsync(Api + "chain/genesis", cancellation);

    /// <summary>Blocks from the highest to the lowest, page by page as they are wanted.</summary>
    /// <param name="heightFrom">The lowest.</param>
    /// <param name="heightTo">The highest; null for the newest.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="cancellation">Gives up.</param>
    public IAsyncEnumerable<BlockSummary> ListBlocksAsync(ulong heightFrom = 0, ulong? heightTo = null, int pageSize = 100, CancellationToken cancellation = default) => Pages.WalkAsync(
        (cursor, token) => _client.ReadAsync<BlockPage>(Get(Query(Blocks, ("limit", pageSize), ("height_from", heightFrom), ("height_to", heightTo), ("cursor", cursor))), token),
        page => (page.Blocks, page.Pagination.NextCursor), cancellation);

    /// <summary>A page of blocks.</summary>
    /// <param name="heightFrom">The lowest; null for the first of all.</param>
    /// <param name="heightTo">The highest; null for the newest.</param>
    /// <param name="page">From 1.</param>
    /// <param name="pageSize">1 to 100 on a page.</param>
    /// <param name="sort">height_desc or height_asc; null for the former.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<BlockPage> GetBlocksAsync(
        ulong? heightFrom = null, ulong? heightTo = null, int page = 1, int pageSize = 20, string? sort = null, CancellationToken cancellation = default) =>
        _client.ReadAsync<BlockPage>(
            Get(Query(Blocks, ("page", page), ("limit", pageSize), ("height_from", heightFrom), ("height_to", heightTo), ("sort", sort))), cancellation);

    /// <summary>The newest block.</summary>
    public Task<BlockView> GetLatestBlockAsync(CancellationToken cancellation = default) => _client.ReadAsync<BlockView>(Get(Blocks + "/latest"), cancellation);

    /// <summary>The block at a height.</summary>
    public Task<BlockView> GetBlockAsync(ulong height, CancellationToken cancellation = default) => _client.ReadAsync<BlockView>(Get($"{Blocks}/height/{height}"), cancellation);

    /// <summary>The block with a hash: 64 hexadecimal digits.</summary>
    public Task<BlockView> GetBlockAsync(string id, CancellationToken cancellation = default) => _client.ReadAsync<BlockView>(Get($"{Blocks}/{Uri.EscapeDataString(id)}"), cancellation);

    /// <summary>Where a session's anchor stands.</summary>
    public Task<AnchoringStatus> GetAnchoringAsync(Guid session, CancellationToken cancellation = default) =>
        _client.ReadAsync<AnchoringStatus>(Get($"{Api}anchoring/session/{session:D}"), cancellation);

    /// <summary>Whether the log holds a session with that root. It is the node that checks; Lucid.Evidence needs nobody's word.</summary>
    public Task<AnchoringVerdict> VerifyAnchoringAsync(Guid session, string merkleRoot, CancellationToken cancellation = default) =>
        _client.ReadAsync<AnchoringVerdict>(Post(Api + "anchoring/verify", new AnchoringQuestion(session, merkleRoot)), cancellation);

    /// <summary>Whether an inclusion proof is right. It is the node that checks; Lucid.Evidence needs nobody's word.</summary>
    public async Task<bool> VerifyMerkleProofAsync(MerkleProof proof, CancellationToken cancellation = default) =>
        (await _client.ReadAsync<MerkleVerdict>(Post(Api + "merkle/verify", proof), cancellation)).Verified;

    /// <summary>The log's newest checkpoint: a C2SP signed note with the validators' cosignatures.</summary>
    public Task<string> GetCheckpointAsync(CancellationToken cancellation = default) => _client.ReadTextAsync("checkpoint", cancellation);

    /// <summary>A tile of the log, as C2SP tlog-tiles has it.</summary>
    /// <param name="path">Behind /tile/, such as 0/000 or entries/000.p/17.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<byte[]> GetTileAsync(string path, CancellationToken cancellation = default) => _client.ReadBytesAsync($"tile/{path}", cancellation);
}
