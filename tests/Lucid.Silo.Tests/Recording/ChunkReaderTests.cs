using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Tests.Recording;

/// <summary>A session that two recorders have recorded is read at either, whichever of them stored a chunk.</summary>
public sealed class ChunkReaderTests : IAsyncLifetime
{
    private static readonly byte[] _first = [.. Enumerable.Range(0, 50_000).Select(i => (byte)(i * 7))];
    private static readonly byte[] _second = [.. Enumerable.Range(0, 60_000).Select(i => (byte)(i * 11))];
    private static readonly byte[] _both = [.. _first, .. _second];
    private RecorderPair _pair = null!;

    public async ValueTask InitializeAsync() => _pair = await RecorderPair.StartAsync();

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task Read_WhatTheOtherStored_IsFetched_AndWhatIsHereIsNot()
    {
        await RecordAsync();
        Assert.Equal(("a", "b"), ((await _pair.ChunkAsync(0)).Recorder, (await _pair.ChunkAsync(1)).Recorder));
        Assert.Equal((true, false, false, true), (_pair.A.HasFile(0), _pair.A.HasFile(1), _pair.B.HasFile(0), _pair.B.HasFile(1)));
        Assert.Equal(await _pair.A.CiphertextAsync(0), await _pair.B.CiphertextAsync(0));
        Assert.Equal((0, 1), (_pair.A.Fetched, _pair.B.Fetched));
        Assert.Equal(_both, await _pair.A.PlaintextAsync());
        Assert.Equal(_both, await _pair.B.PlaintextAsync(skipDamaged: true));
        Assert.Null(await FindDamageAsync(_pair.B, 0, thorough: false));
        Assert.Null(await FindDamageAsync(_pair.B, 0, thorough: true));
    }

    [Fact]
    public async Task Repeat_AtTheOtherRecorder_AnswersTheReceiptThatIsThere()
    {
        var receipt = await _pair.A.RecordAsync(0, _first);
        Assert.Equal(receipt with { Repeated = true }, await _pair.B.RecordAsync(0, _first));
        await Assert.ThrowsAsync<ChunkConflictException>(() => _pair.B.RecordAsync(0, _second));
        Assert.False(_pair.B.HasFile(0));
    }

    [Fact]
    public async Task Read_WithTheOtherAway_SaysSo_AndReadsWhatIsHere()
    {
        await RecordAsync();
        _pair.Away.Add("a");
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _pair.B.CiphertextAsync(0));
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _pair.B.PlaintextAsync());
        await Assert.ThrowsAsync<GrainUnreachableException>(() => _pair.B.PlaintextAsync(skipDamaged: true));
        await Assert.ThrowsAsync<GrainUnreachableException>(() => FindDamageAsync(_pair.B, 0, thorough: false));
        await Assert.ThrowsAsync<GrainUnreachableException>(() => FindDamageAsync(_pair.B, 0, thorough: true));
        Assert.NotEmpty(await _pair.B.CiphertextAsync(1));
        _pair.Away.Clear();
        Assert.NotEmpty(await _pair.B.CiphertextAsync(0));
    }

    [Fact]
    public async Task Read_OfAFileThatIsMissingAtWhoStoredIt_IsDamage_ThereAndHere()
    {
        await RecordAsync();
        var file = _pair.A.Chunks.PathOf(_pair.Id, 0);
        File.Delete(file);
        foreach (var recorder in (RecorderPair.PairedRecorder[])[_pair.A, _pair.B])
        {
            Assert.Contains(file, (await Assert.ThrowsAsync<ChunkDamagedException>(() => recorder.CiphertextAsync(0))).Message, StringComparison.Ordinal);
            Assert.Contains(file, (await FindDamageAsync(recorder, 0, thorough: true))!.Message, StringComparison.Ordinal);
            Assert.Equal(_second, await recorder.PlaintextAsync(skipDamaged: true));
        }
        Assert.Contains(file, (await FindDamageAsync(_pair.A, 0, thorough: false))!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OfBytesThatChangedOnTheWay_IsDamage()
    {
        await RecordAsync();
        _pair.B.OnTheWay = bytes => bytes.Span[100] ^= 1;
        var damage = await Assert.ThrowsAsync<ChunkDamagedException>(() => _pair.B.CiphertextAsync(0));
        Assert.Contains("recorder a sent other bytes", damage.Message, StringComparison.Ordinal);
        Assert.NotNull(await FindDamageAsync(_pair.B, 0, thorough: true));
    }

    [Fact]
    public async Task TwoRecorders_ThatSealOneIndex_AnswerOneReceipt_AndTheLaterDeletesItsFile()
    {
        ChunkReceived? first = null;
        _pair.B.Grains.Before[nameof(IChunkGrain.StoredAsync)] = async () =>
        {
            Assert.True(_pair.B.HasFile(0));
            first = await _pair.A.RecordAsync(0, _first);
        };
        var later = await _pair.B.RecordAsync(0, _first);
        Assert.Equal((first!.Receipt, "a", false), (later.Receipt, (await _pair.ChunkAsync(0)).Recorder, _pair.B.HasFile(0)));
        Assert.Equal(_first, await _pair.B.PlaintextAsync());
        Assert.Equal(_first, await _pair.A.PlaintextAsync());
    }

    /// <summary>Whoever came too late died before it deleted its file.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Read_WithAFileThatCameTooLate_FetchesTheOneThatCounts(int longer)
    {
        await RecordAsync();
        var leaf = await _pair.LeafAsync(0);
        await _pair.B.Chunks.WriteAsync(_pair.Id, 0, new byte[leaf.CipherLength + longer], TestContext.Current.CancellationToken);
        Assert.Equal(await _pair.A.CiphertextAsync(0), await _pair.B.CiphertextAsync(0));
        Assert.Null(await FindDamageAsync(_pair.B, 0, thorough: false));
        Assert.Null(await FindDamageAsync(_pair.B, 0, thorough: true));
        Assert.Equal(_both, await _pair.B.PlaintextAsync());
    }

    [Fact]
    public async Task Key_OfASessionThatIsBeingErased_IsNotUsedAnyMore()
    {
        await RecordAsync();
        Assert.NotEmpty(await _pair.B.Recorder.ExportKeyAsync(_pair.Id, TestContext.Current.CancellationToken));
        _pair.B.Grains.Seen = view => view with { Status = SessionStatus.Anchored, Waiting = "recorder b" };
        await Assert.ThrowsAsync<KeyErasedException>(() => _pair.B.Recorder.ExportKeyAsync(_pair.Id, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<KeyErasedException>(() => _pair.B.PlaintextAsync());
    }

    /// <summary>However slowly a client reads, a chunk that lies here is not in memory: what changes on the disk meanwhile shows, and is not given out.</summary>
    [Fact]
    public async Task Read_PieceByPiece_OfAFileThatChangesMeanwhile_GivesNoneOfWhatChanged()
    {
        var body = Random(300_000);
        await _pair.A.RecordAsync(0, body);
        var leaf = await _pair.LeafAsync(0);
        var whole = await _pair.A.CiphertextAsync(0);
        await using var cipher = await _pair.A.Recorder.OpenCiphertextAsync(Caller.Local, leaf, TestContext.Current.CancellationToken);
        await using var plain = (await _pair.A.Recorder.OpenPlaintextAsync(Caller.Local, _pair.Id, 0, skipDamaged: false, TestContext.Current.CancellationToken)).Plaintext;
        var (someCipher, somePlain) = (new byte[1000], new byte[1000]);
        await cipher.ReadExactlyAsync(someCipher, TestContext.Current.CancellationToken);
        await plain.ReadExactlyAsync(somePlain, TestContext.Current.CancellationToken);
        Assert.Equal(whole[..1000], someCipher);
        Assert.Equal(body[..1000], somePlain);

        var file = _pair.A.Chunks.PathOf(_pair.Id, 0);
        await using (var altered = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            altered.Position = leaf.CipherLength - 1;
            altered.WriteByte((byte)(whole[^1] ^ 1));
        }
        foreach (var stream in (Stream[])[cipher, plain])
        {
            var damage = await Assert.ThrowsAsync<ChunkDamagedException>(() => stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
            Assert.Contains($"{file}: its bytes changed while they were read", damage.Message, StringComparison.Ordinal);
        }
        Assert.NotNull(await FindDamageAsync(_pair.A, 0, thorough: false));
    }

    [Theory]
    [InlineData(0, 350_000)]
    [InlineData(65_535, 3)]
    [InlineData(299_999, 2)]
    [InlineData(300_000, 60_000)]
    [InlineData(359_999, 1)]
    public async Task Plaintext_FromAnywhereToAnywhere_IsThatPart(int from, int count)
    {
        byte[] all = [.. Random(300_000), .. _second];
        await _pair.A.RecordAsync(0, all[..300_000]);
        await _pair.A.RecordAsync(1, _second);
        await using var plain = (await _pair.A.Recorder.OpenPlaintextAsync(Caller.Local, _pair.Id, 0, skipDamaged: false, TestContext.Current.CancellationToken)).Plaintext;
        var part = new byte[count];
        // Once forward, once back.
        for (var i = 0; i < 2; i++)
        {
            plain.Position = from;
            await plain.ReadExactlyAsync(part, TestContext.Current.CancellationToken);
            Assert.Equal(all[from..(from + count)], part);
        }
    }

    [Fact]
    public async Task Read_WhatTheOtherStored_TakesMemoryForAsLongAsItIsRead_AndWhatIsHereNone()
    {
        // One chunk fits, and no second one.
        await using var pair = await RecorderPair.StartAsync(new RecordingOptions { ReadingBudget = 90_000, MaxWait = TimeSpan.Zero });
        await pair.A.RecordAsync(0, Random(50_000));
        var leaf = await pair.LeafAsync(0);
        await using (var held = await OpenAsync(pair.B, "ada"))
        {
            var busy = await Assert.ThrowsAsync<RecorderBusyException>(() => OpenAsync(pair.B, "bob"));
            Assert.StartsWith("Too much is being read", busy.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<RecorderBusyException>(() => pair.B.Recorder.FindDamageAsync(User("bob"), leaf, thorough: true, TestContext.Current.CancellationToken));
            for (var i = 0; i < 10; i++)
                _ = await OpenAsync(pair.A, "bob");
        }
        await (await OpenAsync(pair.B, "bob")).DisposeAsync();
        pair.Away.Add("a");
        await Assert.ThrowsAsync<GrainUnreachableException>(() => OpenAsync(pair.B, "bob"));
        pair.Away.Clear();
        await (await OpenAsync(pair.B, "bob")).DisposeAsync();

        Task<Stream> OpenAsync(RecorderPair.PairedRecorder recorder, string who) => recorder.Recorder.OpenCiphertextAsync(User(who), leaf, TestContext.Current.CancellationToken);
        static Caller User(string name) => new(name, Role.User);
    }

    /// <summary>So that whoever asks for whole recordings, however many at once, takes no core from those who record.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chunks_ThatAreHashed_WaitForTheReadersWorkers(bool thorough)
    {
        await using var pair = await RecorderPair.StartAsync(new RecordingOptions { ReadingWorkers = 1 });
        await pair.A.RecordAsync(0, _first);
        var (leaf, busy, free) = (await pair.LeafAsync(0), new TaskCompletionSource(), new ManualResetEventSlim());
        var other = pair.A.Reader.Cores.RunAsync(
            () =>
            {
                busy.SetResult();
                free.Wait(TestContext.Current.CancellationToken);
                return true;
            },
            TestContext.Current.CancellationToken);
        await busy.Task;
        Task reading = thorough
            ? pair.A.Recorder.FindDamageAsync(Caller.Local, leaf, thorough, TestContext.Current.CancellationToken)
            : pair.A.Recorder.OpenCiphertextAsync(Caller.Local, leaf, TestContext.Current.CancellationToken);
        Assert.True(pair.A.Reader.Cores.IsWanted);
        free.Set();
        await other;
        await reading;
        Assert.False(pair.A.Reader.Cores.IsWanted);
    }

    private static byte[] Random(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private async Task RecordAsync()
    {
        await _pair.A.RecordAsync(0, _first);
        await _pair.B.RecordAsync(1, _second);
    }

    private async Task<ChunkDamagedException?> FindDamageAsync(RecorderPair.PairedRecorder recorder, ulong index, bool thorough) =>
        await recorder.Recorder.FindDamageAsync(Caller.Local, await _pair.LeafAsync(index), thorough, TestContext.Current.CancellationToken);
}
