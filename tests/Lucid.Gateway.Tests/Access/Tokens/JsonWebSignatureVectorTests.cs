using System.Text;
using System.Text.Json;
using Lucid.Evidence.Tests;
using Lucid.Gateway.Access.Tokens;

namespace Lucid.Gateway.Tests.Access.Tokens;

/// <summary>Wycheproof's signatures in compact serialisation: ES256 comes out as the file says, and nothing else is a signature.</summary>
public sealed class JsonWebSignatureVectorTests
{
    [Fact]
    public void Signature_EveryCaseOfEs256_ComesOutAsItSays()
    {
        using var document = Load();
        var groups = Groups(document).Where(group => Key(group).TryGetProperty("crv", out var curve) && curve.GetString() == "P-256").ToList();
        VectorFolder.RunAll(
            groups.SelectMany(group => group.GetProperty("tests").EnumerateArray().Select(each => (Group: group, Case: each))),
            each => Name(each.Case),
            each => Assert.Equal(each.Case.GetProperty("result").GetString(), IsValid(each.Case, KeysOf(each.Group)) ? "valid" : "invalid"));
        Assert.True(groups.Sum(group => group.GetProperty("tests").GetArrayLength()) >= 22);
    }

    [Fact]
    public void Signature_OfEveryOtherAlgorithm_IsRefused_WhateverKeyHasItsName()
    {
        using var document = Load();
        VectorFolder.RunAll(
            Groups(document).Where(group => !Key(group).TryGetProperty("crv", out _))
                .SelectMany(group => group.GetProperty("tests").EnumerateArray().Select(each => (Group: group, Case: each))),
            each => Name(each.Case),
            each =>
            {
                using var signer = TokenSigner.Generate();
                var known = signer.PublicKey;
                var named = Key(each.Group).TryGetProperty("kid", out var kid) ? new JsonWebKey(kid.GetString()!, known.X, known.Y) : known;
                Assert.False(IsValid(each.Case, new VerificationKeys([new VerificationKey(named)])));
            });
    }

    private static JsonDocument Load() => JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Find("json_web_signature_test.json")));

    private static JsonElement.ArrayEnumerator Groups(JsonDocument document) => document.RootElement.GetProperty("testGroups").EnumerateArray();

    private static JsonElement Key(JsonElement group) => group.TryGetProperty("public", out var key) ? key : group.GetProperty("private");

    private static string Name(JsonElement each) => $"{each.GetProperty("tcId")} ({each.GetProperty("comment").GetString()})";

    /// <summary>A key that is for another use is no key for ES256: then nothing is known by its name.</summary>
    private static VerificationKeys KeysOf(JsonElement group)
    {
        var key = Key(group);
        return (Text("kty"), Text("crv"), Text("use"), Text("alg")) == ("EC", "P-256", "sig", "ES256")
            ? new VerificationKeys([new VerificationKey(new JsonWebKey(Text("kid")!, Text("x")!, Text("y")!))])
            : VerificationKeys.None;

        string? Text(string member) => key.TryGetProperty(member, out var value) ? value.GetString() : null;
    }

    private static bool IsValid(JsonElement each, VerificationKeys keys)
    {
        // JSON serialisation is an object there, and never compact.
        var text = each.GetProperty("jws") is { ValueKind: JsonValueKind.String } compact ? compact.GetString()! : each.GetProperty("jws").GetRawText();
        var payload = new byte[JsonWebSignature.MaxLength];
        return JsonWebSignature.Verify(Encoding.UTF8.GetBytes(text), keys, DateTimeOffset.UnixEpoch, payload, out _, out _) == TokenVerdict.Accepted;
    }
}
