using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Tests.Fakes;

/// <summary>The issuer's grain in memory. <see cref="Failure"/> makes it fail, <see cref="Hangs"/> makes it never answer.</summary>
internal sealed class FakeIssuer : IIssuerGrain
{
    private readonly Lock _turn = new();
    private readonly Dictionary<string, PublishedKey> _keys = new(StringComparer.Ordinal);
    private readonly List<Revocation> _revocations = [];
    private int _version = 1;

    public Exception? Failure { get; set; }
    public bool Hangs { get; set; }
    public DateTimeOffset RenewBefore { get; set; }

    /// <summary>Revocations in one answer at most.</summary>
    public int Page { get; set; } = 1000;

    public int KeysAsked { get; private set; }
    public int NewsAsked { get; private set; }

    public IReadOnlyCollection<PublishedKey> Published
    {
        get
        {
            lock (_turn)
                return [.. _keys.Values];
        }
    }

    public Task PublishAsync(PublishedKey key) => AnswerAsync(() =>
    {
        _keys[key.KeyId] = key;
        return _version++;
    });

    public Task<PublishedKeys> KeysAsync() => AnswerAsync(() =>
    {
        KeysAsked++;
        return new PublishedKeys($"{_version}", [.. _keys.Values]);
    });

    public Task RevokeAsync(Revocation revocation) => AnswerAsync(() =>
    {
        _revocations.Add(revocation);
        return 0;
    });

    public Task<IssuerNews> NewsAsync(long since) => AnswerAsync(() =>
    {
        NewsAsked++;
        var some = _revocations.Skip((int)since).Take(Page).ToList();
        var number = Math.Min(since, _revocations.Count) + some.Count;
        return new IssuerNews(number, $"{_version}", RenewBefore, [.. some], number < _revocations.Count);
    });

    /// <summary>As from an older backup: nothing is known but the keys.</summary>
    public void ForgetRevocations()
    {
        lock (_turn)
            _revocations.Clear();
    }

    private Task<T> AnswerAsync<T>(Func<T> answer)
    {
        if (Hangs)
            return new TaskCompletionSource<T>().Task;
        lock (_turn)
            return Failure is { } failure ? Task.FromException<T>(failure) : Task.FromResult(answer());
    }
}
