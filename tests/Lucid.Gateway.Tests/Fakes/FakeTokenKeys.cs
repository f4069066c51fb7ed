using System.Collections.Immutable;
using Lucid.Gateway.Access.Tokens;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>Keys of access tokens in memory. <see cref="Failure"/> is what the disk says to the next one.</summary>
internal sealed class FakeTokenKeys : ITokenKeys, IDisposable
{
    public ImmutableArray<TokenKey> All { get; private set; } = [];
    public Exception? Failure { get; set; }

    public TokenKey Add(DateTimeOffset signsFrom)
    {
        if (Failure is { } failure)
            throw failure;
        var key = new TokenKey(signsFrom, TokenSigner.Generate());
        All = [.. All.Append(key).OrderBy(one => one.SignsFrom)];
        return key;
    }

    public void Remove(TokenKey key) => All = All.Remove(key);

    public void Dispose()
    {
        foreach (var key in All)
            key.Signer.Dispose();
    }
}
