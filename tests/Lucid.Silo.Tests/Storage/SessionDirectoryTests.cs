using System.Collections.Immutable;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Silo.Audit;
using Lucid.Silo.Storage;
using Lucid.Silo.Tests.Node;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Storage;

public sealed class SessionDirectoryTests : SessionDirectoryContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private DirectoryFile? _file;
    private SessionDirectory? _opened;

    public void Dispose()
    {
        _opened?.Dispose();
        _file?.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(Damage.Truncate)]
    [InlineData(Damage.Garbage)]
    [InlineData(Damage.Empty)]
    public async Task Open_Damaged_BeginsAnew_AndKeepsTheDamagedFile(Damage damage)
    {
        await Open().UpsertAsync(View("a"), default);
        _file!.Dispose();
        damage.Do(_folder.Data.Directory);
        var again = Open();
        Assert.True(_file.LacksSessions);
        Assert.True(_file.LacksUsers);
        Assert.Equal(damage != Damage.Empty, File.Exists(_folder.Data.Directory + ".damaged"));
        Assert.Empty((await again.ListAsync(All, default)).Sessions);
    }

    [Theory]
    [InlineData("UPDATE sessions SET view = replace(view, '\"Name\":\"a\"', '\"Name\":\"b\"') WHERE name = 'a'")]
    [InlineData("UPDATE sessions SET view = 'x' WHERE name = 'a'")]
    [InlineData("UPDATE sessions SET status = 'anchored' WHERE name = 'a'")]
    public async Task Row_Damaged_IsLeftOut_AndItsSessionIsAskedToWriteItAnew(string damage)
    {
        var directory = Open();
        var hit = View("a");
        await directory.UpsertAsync(hit, default);
        await directory.UpsertAsync(View("z"), default);
        var repaired = new List<Guid>();
        directory.Repair = repaired.Add;
        Execute(damage);
        Assert.Equal("z", Assert.Single((await directory.ListAsync(All, default)).Sessions).Name);
        Assert.Equal([hit.SessionId], repaired);
        await directory.UpsertAsync(hit, default);
        Assert.Equal(2, (await directory.ListAsync(All, default)).Sessions.Length);
    }

    [Fact]
    public async Task List_AskedAgain_IsReadAgainOnceASessionIsListedAnew_AndNotBefore()
    {
        var directory = Open();
        var (gone, kept) = (View("gone"), View("kept"));
        await directory.UpsertAsync(gone, default);
        var first = await directory.ListAsync(All, default);
        // Behind its back, so that it can be seen whether the file is read.
        Execute("DELETE FROM sessions");
        Assert.Same(first, await directory.ListAsync(All, default));
        Assert.Empty((await directory.ListAsync(All with { Owner = gone.Owner }, default)).Sessions);
        await directory.UpsertAsync(kept, default);
        Assert.Equal("kept", Assert.Single((await directory.ListAsync(All, default)).Sessions).Name);
    }

    [Fact]
    public async Task Open_OfTheSchemaBefore_KeepsItsRows_AndFillsTheirWords()
    {
        var (whole, damaged) = (View("Invoice") with { Description = "für Ada" }, View("lost") with { Owner = "eva" });
        Execute("""
            CREATE TABLE sessions(
                id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
                created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX sessions_created ON sessions(created_at DESC);
            CREATE INDEX sessions_updated ON sessions(updated_at DESC);
            CREATE INDEX sessions_status ON sessions(status, created_at DESC);
            PRAGMA user_version=2;
            """);
        foreach (var (view, off) in new[] { (whole, 0), (damaged, 1) })
        {
            var row = SessionDirectory.Row.Of(view);
            Execute($"INSERT INTO sessions VALUES('{row.Id}', '{row.Name}', '{row.Owner}', '{row.Status}', {row.CreatedAt}, 7, '{row.View}', {row.Sum() + off})");
        }
        var directory = Open();
        Assert.False(_file!.LacksSessions);
        Assert.True(_file.LacksUsers);
        Assert.Equal(whole.SessionId, Assert.Single((await directory.ListAsync(All with { Search = "fur ad" }, default)).Sessions).SessionId);
        // The damaged row came along, so that it is noticed and written anew.
        List<Guid> repaired = [];
        directory.Repair = repaired.Add;
        Assert.Single((await directory.ListAsync(All, default)).Sessions);
        Assert.Equal([damaged.SessionId], repaired);
        await directory.UpsertAsync(damaged, default);
        Assert.Single((await directory.ListAsync(All with { Search = "eva" }, default)).Sessions);
        _file.Dispose();
        using var file = SqliteSnapshot.Open(_folder.Data.Directory, live: false);
        Assert.Empty(AuditSchema.Directory.FindFaults(file));
        Assert.Empty(new DirectoryWordsAudit(file).Faults());
    }

    [Fact]
    public async Task Open_OfTheSchemaWithoutShares_KeepsRowsAndWords_AddsThemUp_AndAsksForTheShares()
    {
        var (whole, damaged) = (View("Invoice") with { ChunkCount = 3, SizeBytes = 7 }, View("lost") with { ChunkCount = 5 });
        Execute("""
            CREATE TABLE sessions(
                place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL COLLATE NOCASE, owner TEXT NOT NULL, status TEXT NOT NULL,
                created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL);
            CREATE INDEX sessions_created ON sessions(created_at DESC, id DESC);
            CREATE INDEX sessions_updated ON sessions(updated_at DESC, id DESC);
            CREATE INDEX sessions_name ON sessions(name, id);
            CREATE INDEX sessions_status ON sessions(status, created_at DESC, id DESC);
            CREATE INDEX sessions_owner ON sessions(owner, created_at DESC, id DESC);
            CREATE VIRTUAL TABLE session_words USING fts5(words, tokenize = 'ascii', detail = 'none', columnsize = 0);
            CREATE TABLE users(
                place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, role TEXT NOT NULL, status TEXT NOT NULL,
                created_at INTEGER NOT NULL, view TEXT NOT NULL, sum INTEGER NOT NULL);
            CREATE INDEX users_created ON users(created_at DESC, id DESC);
            CREATE INDEX users_role ON users(role, created_at DESC, id DESC);
            CREATE INDEX users_status ON users(status, created_at DESC, id DESC);
            CREATE VIRTUAL TABLE user_words USING fts5(words, tokenize = 'ascii', detail = 'none', columnsize = 0);
            PRAGMA user_version=3;
            """);
        foreach (var (view, place, off) in new[] { (whole, 17, 0), (damaged, 4, 1) })
        {
            var row = SessionDirectory.Row.Of(view);
            Execute($"INSERT INTO sessions VALUES({place}, '{row.Id}', '{row.Name}', '{row.Owner}', '{row.Status}', {row.CreatedAt}, 7, '{row.View}', {row.Sum() + off})");
            Execute($"INSERT INTO session_words(rowid, words) VALUES({place}, '{(off == 0 ? "invoice local" : "local lost")}')");
        }
        var directory = Open();
        Assert.Equal((false, true, false), (_file!.LacksSessions, _file.LacksShares, _file.LacksUsers));
        Assert.Equal(whole.SessionId, Assert.Single((await directory.ListAsync(All with { Search = "invo" }, default)).Sessions).SessionId);
        Assert.Equal((2L, 3L, 7L), await directory.AddUpAsync(null, default) is var before ? (before.Sessions, before.ChunkCount, before.SizeBytes) : default);
        await directory.UpsertAsync(damaged, [new SessionShare("ada", DateTimeOffset.MaxValue)], default);
        Assert.Equal("lost", Assert.Single((await directory.ListAsync(All with { SharedWith = "ada" }, default)).Sessions).Name);
        Assert.Equal(8, (await directory.AddUpAsync(null, default)).ChunkCount);
        _file.Dispose();
        using var file = SqliteSnapshot.Open(_folder.Data.Directory, live: false);
        Assert.Empty(AuditSchema.Directory.FindFaults(file));
        Assert.Empty(new DirectoryWordsAudit(file).Faults());
    }

    [Fact]
    public async Task Shares_ThatHaveEnded_AreInNoPageThatWasKept()
    {
        var clock = new ManualClock();
        Open(clock);
        await _opened!.UpsertAsync(View("a"), [new SessionShare("ada", clock.GetUtcNow().AddSeconds(1))], default);
        Assert.Single((await _opened.ListAsync(All with { SharedWith = "ada" }, default)).Sessions);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty((await _opened.ListAsync(All with { SharedWith = "ada" }, default)).Sessions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("WHERE owner='o'")]
    public void Sums_AreReadFromTheirIndexAlone_AndSortNothing(string where)
    {
        Open();
        _file!.Dispose();
        using var file = SqliteSnapshot.Open(_folder.Data.Directory, live: false);
        var plan = Assert.Single(file.Query($"EXPLAIN QUERY PLAN SELECT status, count(*), sum(chunk_count), sum(gap_ms) FROM sessions {where} GROUP BY owner, status", row => row.GetString(3)));
        Assert.Contains("USING COVERING INDEX sessions_sums", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM session_words", "the words of session")]
    [InlineData("UPDATE session_words_content SET c0 = 'other'", "the words of session")]
    [InlineData("INSERT INTO session_words(rowid, words) VALUES(99, 'nobody')", "the index of the words of sessions")]
    public async Task Words_ThatAreNotThoseOfTheRows_AreFoundByTheAudit(string damage, string expected)
    {
        await Open().UpsertAsync(View("Invoice"), default);
        _file!.Dispose();
        Execute(damage);
        using var file = SqliteSnapshot.Open(_folder.Data.Directory, live: false);
        Assert.Contains(new DirectoryWordsAudit(file).Faults(), fault => fault.StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "(created_at, id) < (9, 'x')", "created_at DESC, id DESC", "sessions_created")]
    [InlineData("", "(updated_at, id) < (9, 'x')", "updated_at DESC, id DESC", "sessions_updated")]
    [InlineData("", "(name, id) > ('n', 'x')", "name, id", "sessions_name")]
    [InlineData("owner='o' AND ", "(created_at, id) < (9, 'x')", "created_at DESC, id DESC", "sessions_owner")]
    [InlineData("status='s' AND ", "(created_at, id) < (9, 'x')", "created_at DESC, id DESC", "sessions_status")]
    [InlineData("status='s' AND owner='o' AND ", "(created_at, id) < (9, 'x')", "created_at DESC, id DESC", "sessions_owner")]
    public void Cursor_OfEveryOrder_BeginsInItsIndex_AndSortsNothing(string filter, string after, string order, string index)
    {
        Open();
        _file!.Dispose();
        using var file = SqliteSnapshot.Open(_folder.Data.Directory, live: false);
        var plan = Assert.Single(file.Query($"EXPLAIN QUERY PLAN SELECT view FROM sessions WHERE {filter}{after} ORDER BY {order} LIMIT 21", row => row.GetString(3)));
        Assert.StartsWith($"SEARCH sessions USING INDEX {index} (", plan.Replace("TABLE ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(after[1..after.IndexOfAny([' ', ','])], plan, StringComparison.Ordinal);
    }

    protected override Task<(ISessionDirectory Directory, string Store)> OpenAsync(TimeProvider clock)
    {
        Open(clock);
        return Task.FromResult<(ISessionDirectory, string)>((_opened!, _folder.Data.GrainStore));
    }

    protected override Task<ImmutableArray<Guid>> UnfinishedAsync() => _opened!.UnfinishedAsync(default);

    private SessionDirectory Open(TimeProvider? clock = null)
    {
        _file = new DirectoryFile(_folder.Data, NullLogger<DirectoryFile>.Instance);
        return _opened = new SessionDirectory(_file, _folder.Data, clock ?? TimeProvider.System, NullLogger<SessionDirectory>.Instance);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Data.Directory};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
