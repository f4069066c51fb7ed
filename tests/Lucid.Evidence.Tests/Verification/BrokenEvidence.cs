using System.Text;
using Lucid.Evidence.Files;
using Lucid.Evidence.Ledger;
using Lucid.Evidence.Notes;
using Lucid.Evidence.Proofs;
using Lucid.Evidence.Records;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

/// <summary>
/// Evidence with one thing broken, and all around it made to fit, CRCs included: what a forger would make. For each check at least one way.
/// </summary>
public static class BrokenEvidence
{
    /// <summary>One way to break each check, and the check that has to notice, alone or first.</summary>
    public static TheoryData<string, string> Ways => new()
    {
        { "another session in evidence.txt", CheckNames.Manifest },
        { "a manifest that is none", CheckNames.Manifest },
        { "a manifest signed by another recorder", CheckNames.Recorder },
        { "a leaf with another root", CheckNames.Leaves },
        { "a leaf of another session", CheckNames.Leaves },
        { "a leaf of a track without a name", CheckNames.Leaves },
        { "a leaf too many", CheckNames.Leaves },
        { "a leaf too few", CheckNames.Leaves },
        { "leaves in another order", CheckNames.Leaves },
        { "a leaf with another length", CheckNames.Leaves },
        { "a leaf cut off", CheckNames.Leaves },
        { "a receipt for another entry", CheckNames.Inclusion },
        { "a receipt with extra data", CheckNames.Inclusion },
        { "a receipt that is none", CheckNames.Inclusion },
        { "a block with another log", CheckNames.Checkpoint },
        { "a block that is none", CheckNames.Checkpoint },
        { "another validator set", CheckNames.Validators },
        { "validators that are none", CheckNames.Validators },
        { "a certificate with too few votes", CheckNames.Certificate },
        { "a certificate of another round", CheckNames.Certificate },
        { "a certificate for another block", CheckNames.Certificate },
        { "a checkpoint with too few cosignatures", CheckNames.Cosignatures },
        { "a checkpoint with a false cosignature", CheckNames.Cosignatures },
        { "a checkpoint with a stranger's cosignature", CheckNames.Cosignatures },
        { "a checkpoint with a cosignature twice", CheckNames.Cosignatures },
        { "a checkpoint with two log signatures", CheckNames.Cosignatures },
        { "no block before the session", CheckNames.NotOlderThan },
        { "another block before the session", CheckNames.NotOlderThan },
        { "an uncertified block before the session", CheckNames.NotOlderThan },
        { "a repeated set before the session", CheckNames.NotOlderThan },
        { "a block after the session as before it", CheckNames.NotOlderThan },
        { "two chunks swapped", CheckNames.Chunks },
        { "a chunk with another byte", CheckNames.Chunks },
        { "a chunk cut short", CheckNames.Chunks },
        { "a chunk left out", CheckNames.Chunks },
        { "a chunk that no leaf names", CheckNames.Chunks },
        { "chunks in a file that says proof", CheckNames.Chunks },
    };

    /// <summary>The evidence with that one thing broken.</summary>
    public static async Task<byte[]> MakeAsync(TestEvidence evidence, string what)
    {
        var (network, parts) = (evidence.Network, evidence.Parts);
        var file = await evidence.FileAsync();
        byte[] Replace(EvidencePart part, string old, string text) => EvidenceBytes.Change(file, part, content =>
        {
            var whole = Encoding.UTF8.GetString(content);
            Assert.Contains(old, whole);
            return Encoding.UTF8.GetBytes(whole.Replace(old, text));
        });
        byte[] Leaves(Func<List<Leaf>, IEnumerable<Leaf>> change) =>
            EvidenceBytes.Change(file, EvidencePart.Leaves, _ => [.. change([.. evidence.Leaves]).SelectMany(leaf => leaf.Encode())]);
        byte[] Checkpoint(Func<SignedNote, SignedNote> change)
        {
            var receipt = TlogProof.Parse(parts.Receipt.Span);
            return EvidenceBytes.Change(file, EvidencePart.Receipt, _ => new TlogProof(receipt.Index, receipt.Proof, change(receipt.Note)).Encode());
        }
        byte[] Chunks(Func<List<EvidenceBytes.Entry>, IEnumerable<EvidenceBytes.Entry>> change)
        {
            var entries = EvidenceBytes.Split(file);
            return EvidenceBytes.Join([
                .. entries.Where(entry => entry.Part != EvidencePart.Chunk),
                .. change([.. entries.Where(entry => entry.Part == EvidencePart.Chunk)]),
            ]);
        }
        var header = BlockHeader.Parse(parts.Block.Span);
        var text = TlogProof.Parse(parts.Receipt.Span).Note.TextBytes.ToArray();
        switch (what)
        {
            case "another session in evidence.txt":
                return Replace(EvidencePart.Evidence, "0199c0de", "0199c0df");
            case "a manifest that is none":
                return Replace(EvidencePart.Manifest, "{\n", "{ \n");
            case "a manifest signed by another recorder":
                var signed = new ManifestSignature(network.Id, Hash256.Of(evidence.ManifestBytes)).ToText();
                var note = RecorderNote.Sign(signed, network.Id, "alpha", network.Key("other"));
                return EvidenceBytes.Change(file, EvidencePart.ManifestNote, _ => note.Encode());
            case "a leaf with another root":
                return Leaves(leaves => [(ChunkLeaf)leaves[0] with { Root = Hash256.Zero }, .. leaves[1..]]);
            case "a leaf of another session":
                return Leaves(leaves => [leaves[0] with { Session = Guid.Empty }, .. leaves[1..]]);
            case "a leaf of a track without a name":
                return Leaves(leaves => [leaves[0] with { Track = 7 }, .. leaves[1..]]);
            case "a leaf too many":
                return Leaves(leaves => [.. leaves, SampleRecords.Gap(4)]);
            case "a leaf too few":
                return Leaves(leaves => leaves[..^1]);
            case "leaves in another order":
                return Leaves(leaves => Enumerable.Reverse(leaves));
            case "a leaf with another length":
                return Leaves(leaves => [(ChunkLeaf)leaves[0] with { PlainLength = 99 }, .. leaves[1..]]);
            case "a leaf cut off":
                return EvidenceBytes.Change(file, EvidencePart.Leaves, content => content[..^1]);
            case "a receipt for another entry":
                return EvidenceBytes.Change(file, EvidencePart.Receipt, _ => network.Receipt(evidence.LogIndex - 1).Encode());
            case "a receipt with extra data":
                var proof = TlogProof.Parse(parts.Receipt.Span);
                var extra = new TlogProof(proof.Index, proof.Proof, proof.Note, new byte[] { 1 });
                return EvidenceBytes.Change(file, EvidencePart.Receipt, _ => extra.Encode());
            case "a receipt that is none":
                return Replace(EvidencePart.Receipt, "index ", "index 0");
            case "a block with another log":
                network.Commit(Anchor.Of(evidence.Manifest, evidence.ManifestBytes));
                var (block, certificate, _) = network.Latest!.Value;
                return await evidence.FileAsync(parts with { Block = block.Encode(), Certificate = certificate.Encode() });
            case "a block that is none":
                return Replace(EvidencePart.Block, "lucid.block/1", "lucid.block/2");
            case "another validator set":
                var set = new ValidatorSet(network.Id, new TestNetwork(4, "other").Validators.Validators);
                return await evidence.FileAsync(parts with { Validators = set.Encode() });
            case "validators that are none":
                return Replace(EvidencePart.Validators, "v01", "v09");
            case "a certificate with too few votes":
                return await evidence.FileAsync(parts with { Certificate = network.Certify(header, 2).Encode() });
            case "a certificate of another round":
                return Replace(EvidencePart.Certificate, $"\n3\n0\n", "\n3\n1\n");
            case "a certificate for another block":
                var other = network.Certify(header with { StateRoot = Hash256.Of([1]) });
                return await evidence.FileAsync(parts with { Certificate = other.Encode() });
            case "a checkpoint with too few cosignatures":
                return Checkpoint(_ => network.Checkpoint(2));
            case "a checkpoint with a false cosignature":
                var name = network.Validators.CosignerName(3);
                var key = NoteVerifierKey.For(name, NoteKeyType.Cosignature, network.Validators.Validators[3].Cosigning);
                return Checkpoint(note => note.With(new NoteSignature(name, key.KeyId, new byte[72])));
            case "a checkpoint with a stranger's cosignature":
                return Checkpoint(note => note.With(Cosignature.Sign(text, $"lucid/{network.Id}/stranger", network.Key("stranger"), 1)));
            case "a checkpoint with a cosignature twice":
                return Checkpoint(note => note.With(note.Signatures[^1]));
            case "a checkpoint with two log signatures":
                return Checkpoint(note => note.With(note.Signatures[0]));
            case "no block before the session":
                return await evidence.FileAsync(parts with { After = null });
            case "another block before the session":
                return await evidence.FileAsync(parts with { After = new AfterBlockParts(parts.Block, parts.Certificate) });
            case "an uncertified block before the session":
                var few = network.Certify(BlockHeader.Parse(parts.After!.Block.Span), 2);
                return EvidenceBytes.Change(file, EvidencePart.AfterCertificate, _ => few.Encode());
            case "a repeated set before the session":
                return await evidence.FileAsync(parts with { After = parts.After! with { Validators = parts.Validators } });
            case "a block after the session as before it":
                var later = network.Latest!.Value.Header with { Height = 9, TimeMs = header.TimeMs + 60_000 };
                var reference = new BlockReference(9, later.Id(), DateTimeOffset.FromUnixTimeMilliseconds(later.TimeMs));
                var forged = TestEvidence.Make(network, [[1]], change: manifest => manifest with { AfterBlock = reference });
                return await forged.FileAsync(forged.Parts with { After = new AfterBlockParts(later.Encode(), network.Certify(later).Encode()) });
            case "two chunks swapped":
                return Chunks(chunks =>
                    [chunks[0] with { Content = chunks[2].Content }, chunks[1], chunks[2] with { Content = chunks[0].Content }]);
            case "a chunk with another byte":
                return EvidenceBytes.Change(file, EvidencePart.Chunk, content => [.. content[..^1], (byte)(content[^1] ^ 1)]);
            case "a chunk cut short":
                return Chunks(chunks => [chunks[0] with { Content = chunks[0].Content[..^1] }, .. chunks[1..]]);
            case "a chunk left out":
                return Chunks(chunks => chunks[1..]);
            case "a chunk that no leaf names":
                return Chunks(chunks => [.. chunks, chunks[^1] with { Chunk = 1_000 }]);
            case "chunks in a file that says proof":
                return Replace(EvidencePart.Evidence, "\nfull\n", "\nproof\n");
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }
}
