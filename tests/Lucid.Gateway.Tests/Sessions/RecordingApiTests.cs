using System.IO.Compression;
using System.Net.Http.Headers;
using Lucid.Evidence;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.Evidence.Verification;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Gateway.Tests.Sessions;

public sealed class RecordingApiTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task Manifest_ClosedSession_IsTheAnchoredBytes()
    {
        var host = shared.Host;
        var id = await host.AnchoredSessionAsync();
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}/manifest");
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(host.Node.Session(id).View().ManifestSha256, Hash256.Of(bytes));
        var note = await host.Client.GetStringAsync($"/api/v1/sessions/{id}/manifest/signature");
        Assert.StartsWith("lucid.manifest/1\n", note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Manifest_OpenSession_IsAStateError()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/manifest"), ErrorTable.SessionState);
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/manifest/signature"), ErrorTable.SessionState);
    }

    [Fact]
    public async Task Leaves_MoreThanOnePage_AreTheExactBytesInOrder()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        var leaves = host.Node.Session(id).Leaves;
        for (ulong i = 0; i < 2_500; i++)
            leaves.Add(new GapLeaf(id, i, 0, (long)i, (long)i + 1, GapCause.Lost));
        var bytes = await host.Client.GetByteArrayAsync($"/api/v1/sessions/{id}/leaves");
        Assert.Equal(leaves.SelectMany(leaf => leaf.Encode()).ToArray(), bytes);
    }

    [Fact]
    public async Task Receipt_AnchoredSession_ProvesTheAnchor()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        var receipt = TlogProof.Parse(await host.Client.GetByteArrayAsync($"/api/v1/sessions/{id}/receipt"));
        var manifest = await host.Client.GetByteArrayAsync($"/api/v1/sessions/{id}/manifest");
        Assert.True(receipt.VerifyInclusion(Anchor.Of(Manifest.Parse(manifest), manifest).Hash()));
    }

    [Theory]
    [InlineData("receipt")]
    [InlineData("evidence")]
    public async Task Proof_NotAnchoredYet_SaysWhenToAskAgain(string rest)
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/{rest}"), ErrorTable.NotAnchoredYet);
        (await host.PostAsync($"/api/v1/sessions/{id}/stop")).Dispose();
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}/{rest}");
        var error = await GatewayHost.ErrorOf(answer, ErrorTable.NotAnchoredYet);
        Assert.Contains("the next block", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("10", answer.Headers.RetryAfter!.ToString());
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public async Task Evidence_AnchoredSession_IsAFileOfTheLengthAnnounced(bool full, int chunks)
    {
        await using var host = await GatewayHost.StartAsync();
        host.Node.Ledger.MakeBlock();
        var id = await host.AnchoredSessionAsync();
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}/evidence?full={full}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("application/zip", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal($"{id}.lucid", answer.Content.Headers.ContentDisposition!.FileName);
        var announced = answer.Content.Headers.ContentLength;
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(announced, bytes.Length);
        var report = await EvidenceVerifier.VerifyAsync(
            new MemoryStream(bytes), new TrustedValidators(host.Node.Ledger.Genesis.Validators), new VerifyOptions(), CancellationToken.None);
        Assert.True(report.Verdict == Verdict.Verified, string.Join('\n', report.Checks));
        Assert.Equal((ulong)chunks, report.ChunksRead);
        using var zip = new ZipArchive(new MemoryStream(bytes));
        var expected = new List<string>
        {
            "evidence.txt", "manifest.json", "manifest.note", "leaves.txt", "receipt.tlog-proof", "block.txt", "certificate.txt",
            "validators.txt", "after-block.txt", "after-certificate.txt",
        };
        expected.AddRange(Enumerable.Range(0, chunks).Select(i => $"chunks/{i:D10}"));
        Assert.Equal(expected, zip.Entries.Select(entry => entry.FullName));
        if (full)
            Assert.Equal("hello, ", await new StreamReader(await zip.GetEntry("chunks/0000000000")!.OpenAsync()).ReadToEndAsync());
        Assert.Equal(await host.Client.GetStringAsync($"/api/v1/sessions/{id}/leaves"), await new StreamReader(await zip.GetEntry("leaves.txt")!.OpenAsync()).ReadToEndAsync());
    }

    [Fact]
    public async Task Evidence_FullOfAnErasedSession_IsGone()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        (await host.Client.DeleteAsync($"/api/v1/sessions/{id}")).Dispose();
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/evidence?full=true"), ErrorTable.KeyErased);
        using var proof = await host.Client.GetAsync($"/api/v1/sessions/{id}/evidence");
        Assert.True(proof.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Evidence_ChunkUnreadableHalfWay_BreaksTheConnection_AndHoldsNoMemoryAnyMore()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        host.Recorder.Failure = new ChunkMissingException("gone");
        // As headers that are never read, or in the middle of the body.
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.Client.GetByteArrayAsync($"/api/v1/sessions/{id}/evidence?full=true"));
        await host.StopAsync();
        Assert.Equal(0, host.Recorder.Held);
    }

    [Fact]
    public async Task Evidence_Full_HoldsItsLongestChunk_AndOnlyWhileItIsSent()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        (await host.Client.GetAsync($"/api/v1/sessions/{id}/evidence")).Dispose();
        Assert.Equal(0, host.Recorder.HeldReading);
        Assert.NotEmpty(await host.Client.GetByteArrayAsync($"/api/v1/sessions/{id}/evidence?full=true"));
        Assert.Equal("hello, ".Length, host.Recorder.HeldReading);
        await host.StopAsync();
        Assert.Equal(0, host.Recorder.Held);
    }

    [Fact]
    public async Task Evidence_WithoutMemoryForIt_IsToldToComeAgain()
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.AnchoredSessionAsync();
        host.Recorder.Failure = new RecorderBusyException("Too much is being read.") { RetryAfter = TimeSpan.FromSeconds(3) };
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}/evidence?full=true");
        await GatewayHost.ErrorOf(answer, ErrorTable.RecorderBusy);
        Assert.Equal(("3", null), (answer.Headers.RetryAfter!.ToString(), answer.Content.Headers.ContentDisposition));
    }

    [Fact]
    public async Task Playback_Range_IsThatPartOfThePlaintext()
    {
        var host = shared.Host;
        var id = await host.AnchoredSessionAsync();
        Assert.Equal("hello, world", await host.Client.GetStringAsync($"/api/v1/sessions/{id}/playback"));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/sessions/{id}/playback?track=0");
        request.Headers.Range = new RangeHeaderValue(5, 8);
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal(", wo", await answer.Content.ReadAsStringAsync());
        Assert.Equal(206, (int)answer.StatusCode);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal("sandbox", answer.Headers.GetValues("Content-Security-Policy").Single());
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/playback?track=1"), ErrorTable.OutOfRange);
    }

    [Theory]
    [InlineData("playback")]
    [InlineData("key")]
    public async Task Secret_KeyErased_IsGone(string rest)
    {
        await using var host = await GatewayHost.StartAsync();
        var id = await host.CreateSessionAsync();
        host.Recorder.Failure = new KeyErasedException("The key was destroyed.");
        await GatewayHost.ErrorOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/{rest}"), ErrorTable.KeyErased);
    }

    [Fact]
    public async Task Key_Session_IsNeverCached()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        using var answer = await host.Client.GetAsync($"/api/v1/sessions/{id}/key");
        Assert.Equal("lucid.key/1\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task Pipeline_Session_TellsStagesInOrder()
    {
        var host = shared.Host;
        var id = await host.CreateSessionAsync();
        var pipeline = await GatewayHost.JsonOf(await host.Client.GetAsync($"/api/v1/sessions/{id}/pipeline"), 200);
        Assert.Equal(
            ["received", "compressed", "encrypted", "hashed", "stored", "counted"],
            pipeline.GetProperty("stages").EnumerateArray().Select(stage => stage.GetProperty("stage_name").GetString()!));
        Assert.Equal(90, pipeline.GetProperty("overall_metrics").GetProperty("cipher_bytes").GetInt32());
    }
}
