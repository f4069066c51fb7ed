using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Identity;

/// <summary>
/// Keys are the state. Revocations are rows of a journal, whose position is the running number: one is appended in the time of one small
/// write however many there are, where a state would be written whole each time and hold a few hundred. The journal keeps some 150 bytes of
/// each for ever, less than of any chunk; an activation reads only from <see cref="IssuerState.First"/> on. Beyond
/// <see cref="IssuerOptions.MaxRevocations"/> the older half is folded into <see cref="IssuerState.RenewBefore"/>: nobody revoked gets in, and
/// whoever is not renews a token once.
/// </summary>
public class IssuerGrain(IActivation<IssuerState> self, IssuerOptions options) : IIssuerGrain, IActivated
{
    // How many rows an activation may read in vain before the state is saved to spare it that.
    private const int SavesFirstAfter = 1_000;

    private readonly IJournal<RevocationRow> _journal = self.Journal<RevocationRow>("revocations");

    // Owned by this activation and rebuilt by the next one: the rows from _first on, without a hole, and what the keys are called together.
    private readonly List<RevocationRow> _live = [];
    private long _first;
    private string _version = "";

    private DateTimeOffset Now => self.Clock.GetUtcNow();
    private long Next => _first + _live.Count;

    public async Task ActivatedAsync(CancellationToken cancellation)
    {
        // A new state, or one that was lost with all it knew: whatever was issued before may have been revoked.
        if (self.State.RenewBefore is null)
            await self.SaveAsync(self.State with { RenewBefore = Now });
        _version = VersionOf(self.State.Keys);
        _first = self.State.First;
        while (await _journal.ReadAsync(Next, 1000) is { Count: > 0 } rows)
        {
            _live.AddRange(rows);
            DropOver();
        }
        if (_first - self.State.First >= SavesFirstAfter)
            await self.SaveAsync(self.State with { First = _first });
    }

    public async Task PublishAsync(PublishedKey key)
    {
        var now = Now;
        Check(key, now);
        if (self.State.Keys.Contains(key))
            return;
        var others = self.State.Keys.RemoveAll(one => one.KeyId == key.KeyId || one.NotAfter <= now);
        var own = others.Where(one => one.Gateway == key.Gateway).ToList();
        if (own.Count >= IIssuerGrain.MaxKeysOfOne)
            others = others.Remove(own.MinBy(one => one.NotAfter)!);
        if (others.Length >= IIssuerGrain.MaxKeys)
            throw new TooManyKeysException($"{IIssuerGrain.MaxKeys} keys of gateways have not ended, and there is room for no more. The next ends at {others.Min(one => one.NotAfter):u}.");
        await self.SaveAsync(self.State with { Keys = others.Add(key) });
        _version = VersionOf(self.State.Keys);
    }

    public Task<PublishedKeys> KeysAsync()
    {
        var now = Now;
        return Task.FromResult(new PublishedKeys(_version, self.State.Keys.RemoveAll(key => key.NotAfter <= now)));
    }

    public async Task RevokeAsync(Revocation revocation)
    {
        var now = Now;
        Check(revocation, now);
        DropOver();
        if (revocation.IsOver(now) || _live.Exists(row => Covers(row.Revocation, revocation)))
            return;
        var row = new RevocationRow(revocation, now);
        await _journal.AppendAsync(row);
        _live.Add(row);
        if (_live.Count > options.MaxRevocations)
            await FoldAsync();
    }

    public Task<IssuerNews> NewsAsync(long since)
    {
        DropOver();
        var from = Math.Clamp(since, _first, Next);
        var rows = _live.GetRange((int)(from - _first), (int)Math.Min(Next - from, IIssuerGrain.MaxNews));
        var number = from + rows.Count;
        return Task.FromResult(new IssuerNews(number, _version, self.State.RenewBefore!.Value, [.. rows.Select(row => row.Revocation)], number < Next));
    }

    private async Task FoldAsync()
    {
        var count = _live.Count / 2;
        var moment = _live.Take(count).Max(NoneAfter);
        await self.SaveAsync(self.State with { First = _first + count, RenewBefore = moment > self.State.RenewBefore ? moment : self.State.RenewBefore });
        _live.RemoveRange(0, count);
        _first += count;
    }

    /// <summary>No revoked token of that row says that it was issued later, whatever gateway's clock has stamped it.</summary>
    private static DateTimeOffset NoneAfter(RevocationRow row) =>
        row.Revocation.IssuedBefore is { } before && before > row.At + Revocation.ClockSkew ? before : row.At + Revocation.ClockSkew;

    /// <summary>Only from the front: numbers stay without a hole, and those behind are over soon after.</summary>
    private void DropOver()
    {
        var now = Now;
        var over = _live.FindIndex(row => !row.Revocation.IsOver(now)) is >= 0 and var found ? found : _live.Count;
        _live.RemoveRange(0, over);
        _first += over;
    }

    private static bool Covers(Revocation known, Revocation asked) =>
        known.LoginSession == asked.LoginSession && known.Subject == asked.Subject && known.Until >= asked.Until && !(known.IssuedBefore < asked.IssuedBefore);

    private static void Check(PublishedKey key, DateTimeOffset now)
    {
        if (!KeyThumbprint.IsCoordinate(key.X) || !KeyThumbprint.IsCoordinate(key.Y) || key.KeyId != KeyThumbprint.Of(key.X, key.Y))
            throw new InvalidRequestException("A key has two coordinates of 32 bytes in base64url, and its RFC 7638 thumbprint for a name.");
        if (key.Gateway.Length is 0 or > 128)
            throw new InvalidRequestException("A gateway's name has 1 to 128 characters.");
        if (key.NotAfter <= now || key.NotAfter > now + PublishedKey.MaxLife)
            throw new InvalidRequestException($"A key ends later than now, {now:u}, and within {PublishedKey.MaxLife.TotalDays:0} days, not at {key.NotAfter:u}.");
    }

    private static void Check(Revocation revocation, DateTimeOffset now)
    {
        var isOfSession = revocation is { LoginSession: not null, Subject: null, IssuedBefore: null };
        var isOfSubject = revocation is { LoginSession: null, Subject.Length: > 0 and <= 256, IssuedBefore: not null };
        if (!isOfSession && !isOfSubject)
            throw new InvalidRequestException("Either a login session is revoked, or a subject of 1 to 256 characters and a moment.");
        // Twice the skew: the caller's clock may be ahead of ours, and the moment ahead of the caller's.
        var most = now + Revocation.MaxTokenLife + Revocation.ClockSkew + Revocation.ClockSkew;
        if (revocation.Until > most || revocation.IssuedBefore > most)
            throw new InvalidRequestException($"No access token lives longer than {Revocation.MaxTokenLife.TotalMinutes:0} min, so nothing is revoked beyond {most:u}.");
    }

    private static string VersionOf(ImmutableArray<PublishedKey> keys)
    {
        var text = string.Join('\n', keys.OrderBy(key => key.KeyId, StringComparer.Ordinal).Select(key => $"{key.KeyId} {key.NotAfter.UtcTicks} {key.Gateway}"));
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}
