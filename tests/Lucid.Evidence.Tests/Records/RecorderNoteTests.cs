using System.Text;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;

namespace Lucid.Evidence.Tests.Records;

public sealed class RecorderNoteTests
{
    private static readonly Manifest Manifest = SampleRecords.Manifest();
    private static readonly byte[] ManifestBytes = Manifest.Encode();
    private static readonly Evidence.Keys.Ed25519PrivateKey Key = SampleRecords.Key("recorder");

    [Fact]
    public void ManifestSignature_OfTheRecorder_HasNoFault()
    {
        var note = ManifestSignature.Sign(ManifestBytes, Key);
        Assert.StartsWith($"lucid.manifest/1\n{Manifest.Network}\n{Hash256.Of(ManifestBytes)}\n\n— lucid/{Manifest.Network}/alpha ", note.ToString());
        Assert.Null(ManifestSignature.FindFault(note, Manifest, ManifestBytes));
    }

    [Fact]
    public void ManifestSignature_ByAnotherKey_IsRefused()
    {
        var other = SampleRecords.Key("other");
        Assert.Throws<ArgumentException>(() => ManifestSignature.Sign(ManifestBytes, other));
        var note = RecorderNote.Sign(new ManifestSignature(Manifest.Network, Hash256.Of(ManifestBytes)).ToText(), Manifest.Network, "alpha", other);
        Assert.Contains("expected is", ManifestSignature.FindFault(note, Manifest, ManifestBytes));
    }

    [Fact]
    public void ManifestSignature_OfAnotherManifest_IsRefused()
    {
        var other = (Manifest with { Owner = "someone" }).Encode();
        Assert.Contains("another text", ManifestSignature.FindFault(ManifestSignature.Sign(other, Key), Manifest, ManifestBytes));
    }

    [Fact]
    public void ManifestSignature_WithAnotherSignatureBesideIt_IsRefused()
    {
        var note = ManifestSignature.Sign(ManifestBytes, Key);
        var signer = new NoteSigner("someone", SampleRecords.Key("other"));
        Assert.Contains("2 signatures", ManifestSignature.FindFault(note.With(signer.Sign(note.TextBytes)), Manifest, ManifestBytes));
    }

    [Fact]
    public void ManifestSignature_WithAFlippedSignature_IsRefused()
    {
        var text = ManifestSignature.Sign(ManifestBytes, Key).ToString();
        var altered = text[..^20] + (text[^20] == 'A' ? 'B' : 'A') + text[^19..];
        Assert.Contains("is not alpha's", ManifestSignature.FindFault(SignedNote.Parse(Encoding.UTF8.GetBytes(altered)), Manifest, ManifestBytes));
    }

    [Fact]
    public void ChunkReceipt_OfTheRecorder_SaysItsLeaf()
    {
        var receipt = new ChunkReceipt(Manifest.Network, SampleRecords.Chunk());
        var note = SignedNote.Parse(receipt.Sign("alpha", Key).Bytes);
        Assert.Equal(receipt, ChunkReceipt.Of(note));
        Assert.Null(ChunkReceipt.FindFault(note, "alpha", Key.PublicKey));
        Assert.NotNull(ChunkReceipt.FindFault(note, "beta", Key.PublicKey));
    }

    [Fact]
    public void ChunkReceipt_OverAGap_IsRefused()
    {
        byte[] text = [.. "lucid.chunk-receipt/1\n"u8, .. Encoding.UTF8.GetBytes($"{Manifest.Network}\n"), .. SampleRecords.Gap().Encode()];
        Assert.Throws<MalformedException>(() => ChunkReceipt.Of(RecorderNote.Sign(text, Manifest.Network, "alpha", Key)));
    }

    [Fact]
    public void ReadAll_ReceiptsInARow_GivesEach()
    {
        SignedNote[] notes = [.. Enumerable.Range(0, 5).Select(i => new ChunkReceipt(Manifest.Network, SampleRecords.Chunk((ulong)i)).Sign("alpha", Key))];
        byte[] file = [.. notes.SelectMany(note => note.Encode())];
        Assert.Equal(file, ChunkReceipt.ReadAll(file).SelectMany(note => note.Encode()));
        Assert.Empty(ChunkReceipt.ReadAll(default));
        Assert.Contains("receipt 5", Assert.Throws<MalformedException>(() => ChunkReceipt.ReadAll(file.AsMemory(0, file.Length - 1)).ToList()).Message);
    }
}
