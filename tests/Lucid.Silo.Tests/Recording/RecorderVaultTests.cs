using System.Collections.Immutable;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Records;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Recording;
using Lucid.Silo.Tests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Recording;

/// <summary>What a recorder's grain asks of its disk and keys: opening, taking over, signing, erasing.</summary>
public sealed class RecorderVaultTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Guid _session = Guid.CreateVersion7();
    private readonly SampleChain _chain = new();
    private readonly KeyRing _keys;
    private readonly NodeLife _life;
    private readonly ErasedChunks _erased;
    private readonly Heirs _heirs = new();
    private readonly RecorderVault _vault;

    public RecorderVaultTests()
    {
        _keys = KeyRing.Open(_folder.Data);
        _life = new NodeLife(_folder.Data, TimeProvider.System, NullLogger<NodeLife>.Instance);
        var chunks = new ChunkStore(_folder.Data);
        _erased = new ErasedChunks(chunks, NullLogger<ErasedChunks>.Instance);
        var identity = new NodeIdentity("silo-2", _chain.Identity, _chain.Genesis.Network, "lucid test", "silo-1");
        _vault = new RecorderVault(_keys, chunks, identity, new FreeSpace(_folder.Data, new RecordingOptions(), TimeProvider.System), _life, _erased, _heirs);
    }

    public void Dispose()
    {
        _erased.Dispose();
        _life.Dispose();
        _keys.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Open_HandsTheKeyToOthers_AndNamesThem()
    {
        var opened = await _vault.OpenAsync(_session);
        Assert.Equal(["silo-3", "silo-1"], opened.Heirs);
        Assert.Equal(("silo-2", "silo-1", _chain.Genesis.Network), (opened.Recorder, opened.Ledger, opened.Network));
        var handed = Assert.Single(_heirs.Handed);
        Assert.Equal((_session, opened.KeyCommitment, opened.Salt), handed);

        // Again, as after a call whose answer was lost: the same key, to whoever is there now.
        Assert.Equal((opened.KeyCommitment, opened.Salt), await _vault.OpenAsync(_session) is var again ? (again.KeyCommitment, again.Salt) : default);
        Assert.Equal(handed, _heirs.Handed[1]);
    }

    [Fact]
    public async Task TakeOver_IsOfTheKeyThatWasHanded_UnderOnesOwnName_AndHandsNothingOn()
    {
        using var key = SessionKey.Generate();
        var salt = Hash256.Of("salt"u8);
        _keys.Accept(_session, key, salt);
        for (var times = 0; times < 2; times++)
        {
            var opened = await _vault.TakeOverAsync(_session);
            Assert.Equal((key.Commitment(_session), salt), (opened.KeyCommitment, opened.Salt));
            Assert.Equal(("silo-2", _chain.Identity.PublicKey, "silo-1"), (opened.Recorder, opened.RecorderKey, opened.Ledger));
            Assert.Empty(opened.Heirs);
        }
        Assert.Empty(_heirs.Handed);
    }

    [Fact]
    public async Task TakeOver_WithoutTheKey_MakesNone()
    {
        await Assert.ThrowsAsync<KeyErasedException>(() => _vault.TakeOverAsync(_session));
        Assert.Empty(_keys.Sessions());
    }

    [Fact]
    public async Task TakeOver_AfterErasing_IsErased()
    {
        using var key = SessionKey.Generate();
        _keys.Accept(_session, key, Hash256.Zero);
        await _vault.EraseAsync(_session);
        await Assert.ThrowsAsync<KeyErasedException>(() => _vault.TakeOverAsync(_session));
        Assert.Empty(_keys.Sessions());
    }

    [Fact]
    public void Entry_OfOnesOwn_IsSignedAlone()
    {
        var anchor = _chain.Anchor();
        var batch = AnchorBatch.Parse(_vault.SignEntry(anchor.Bytes));
        Assert.True(batch.VerifySignature());
        Assert.Equal((_chain.Genesis.Network, _chain.Identity.PublicKey), (batch.Network, batch.Recorder));
        Assert.Equal(anchor.Bytes.ToArray(), Assert.Single(batch.Entries).Bytes.ToArray());
    }

    [Fact]
    public void Entry_OfAnother_OrNone_IsNotSigned()
    {
        var refused = Assert.Throws<InvalidRequestException>(() => _vault.SignEntry(new SampleChain("another").Anchor().Bytes));
        Assert.Contains("is of another recorder than silo-2", refused.Message, StringComparison.Ordinal);
        foreach (var bytes in (byte[][])[[], [0xff], _chain.Anchor().Bytes[..^1].ToArray(), [.. _chain.Anchor().Bytes.Span, 0x0a]])
            Assert.Contains("no entry for the log", Assert.Throws<InvalidRequestException>(() => _vault.SignEntry(bytes)).Message, StringComparison.Ordinal);
    }

    private sealed class Heirs : IPeers
    {
        public List<(Guid Session, Hash256 Commitment, Hash256 Salt)> Handed { get; } = [];

        public RecorderAddress? Address => null;

        public Task<ImmutableArray<string>> HandKeyAsync(Guid session, SessionKey key, Hash256 salt)
        {
            Handed.Add((session, key.Commitment(session), salt));
            return Task.FromResult(ImmutableArray.Create("silo-3", "silo-1"));
        }

        public Task ReadCiphertextAsync(string recorder, ChunkLeaf leaf, Memory<byte> destination, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
