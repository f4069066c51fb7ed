using System.Text.Json;
using Lucid.Evidence.Merkle;

namespace Lucid.Evidence.Tests.Merkle;

/// <summary>The proof checks of transparency-dev/merkle, as their files have them: a field may be missing, null, or no base 64 of a hash.</summary>
public sealed class MerkleVectorTests
{
    [Fact]
    public void InclusionProof_EveryCaseOfTheFile_ComesOutAsItSays() => RunAll("merkle-inclusion.json", each =>
        Hash(each, "leafHash") is { } leaf && Hash(each, "root") is { } root && Proof(each) is { } proof &&
        Number(each, "leafIdx") is { } index && Number(each, "treeSize") is { } size &&
        InclusionProof.Verify(index, size, leaf, proof, root));

    [Fact]
    public void ConsistencyProof_EveryCaseOfTheFile_ComesOutAsItSays() => RunAll("merkle-consistency.json", each =>
        Root(each, "root1") is { } root1 && Root(each, "root2") is { } root2 && Proof(each) is { } proof &&
        Number(each, "size1") is { } size1 && Number(each, "size2") is { } size2 &&
        ConsistencyProof.Verify(size1, size2, root1, root2, proof));

    private static void RunAll(string file, Func<JsonElement, bool> verify)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find(file)));
        VectorFolder.RunAll(
            document.RootElement.EnumerateArray(),
            each => $"{Text(each, "name")} ({Text(each, "desc")})",
            each => Assert.Equal(
                Field(each, "wantErr") is { ValueKind: JsonValueKind.True } ? "refused" : "valid", verify(each) ? "valid" : "refused"));
    }

    private static JsonElement? Field(JsonElement each, string name) =>
        each.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Text(JsonElement each, string name) => Field(each, name)?.ToString() ?? "";

    private static ulong? Number(JsonElement each, string name)
    {
        if (Field(each, name) is not { } value)
            return 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number) ? number : null;
    }

    // A proof of null, or none, is the empty one. What is no hash cannot be part of a proof, so then the case is refused.
    private static List<Hash256>? Proof(JsonElement each)
    {
        var proof = new List<Hash256>();
        if (Field(each, "proof") is not { } parts)
            return proof;
        if (parts.ValueKind != JsonValueKind.Array)
            return null;
        foreach (var part in parts.EnumerateArray())
        {
            if (Hash(part) is not { } hash)
                return null;
            proof.Add(hash);
        }
        return proof;
    }

    private static Hash256? Hash(JsonElement each, string name) => Field(each, name) is { } value ? Hash(value) : null;

    private static Hash256? Hash(JsonElement value) => Bytes(value) is { Length: Hash256.Size } bytes ? new Hash256(bytes) : null;

    private static byte[]? Bytes(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) ? bytes : null;

    // Some consistency cases have words such as "don't care 1" for a root, where only equality matters. A hash of the words
    // stands in for them: equal words stay equal, and no proof can lead to it.
    private static Hash256? Root(JsonElement each, string name)
    {
        if (Field(each, name) is not { } value || Bytes(value) is not { } bytes)
            return null;
        return bytes.Length == Hash256.Size ? new Hash256(bytes) : Hash256.Of(bytes);
    }
}
