using Lucid.GrainInterfaces.Engine;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// Group commit: one thread takes whatever writes have gathered while the last commit reached the disk, runs them in one transaction, and
/// answers each of them only when that one is durable. So a busy store pays for one fsync per batch and an idle one waits for nobody.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // Bounds what a failed commit fails with it, and the time that the first of a batch waits for the last.
    private const int LargestBatch = 1_000;
    private const int LongestQueue = 100_000;

    private readonly string _path;
    private readonly SqliteSession _session;
    private readonly CommitMark _mark;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private Queue<Write> _queue = new();
    private bool _closed;
    private long _commits;

    public SqliteWriter(string path)
    {
        _path = path;
        _mark = CommitMark.Open(path);
        try
        {
            // SQLite takes an empty file for a new database.
            if (_mark.Value > 0 && !(new FileInfo(path) is { Exists: true, Length: > 0 }))
                throw new GrainStoreException($"The grain store {path} is missing or empty, although it held the state of sessions. Restore it from a backup, or move the data directory away to start anew.");
            _session = new SqliteSession(path);
            LostCommits = Math.Max(0, _mark.Value - SqliteSchema.Prepare(_session, path, _mark.Value));
        }
        catch
        {
            _session?.Dispose();
            _mark.Dispose();
            throw;
        }
        _thread = new Thread(Loop) { IsBackground = true, Name = "lucid-grain-store" };
        _thread.Start();
    }

    public long LostCommits { get; }

    public long Commits => Interlocked.Read(ref _commits);

    /// <param name="run">
    /// Changes rows, or throws <see cref="StateConflictException"/> or <see cref="GrainDamagedException"/> before it has changed any.
    /// </param>
    /// <param name="explain">What the caller is told of a failure of SQLite's.</param>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> run, Func<SqliteException, Exception> explain)
    {
        var write = new Write<T>(run, explain);
        lock (_gate)
        {
            if (_closed)
                return Task.FromException<T>(new GrainStoreException($"The grain store {_path} is closed."));
            if (_queue.Count >= LongestQueue)
                return Task.FromException<T>(new GrainStoreException($"The grain store {_path} has {LongestQueue} writes waiting; its disk does not keep up."));
            _queue.Enqueue(write);
            if (_queue.Count == 1)
                _wake.Release();
        }
        return write.Answer;
    }

    /// <summary>Writes what is queued, then closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _wake.Release();
        }
        _thread.Join();
        _session.Dispose();
        _mark.Dispose();
        _wake.Dispose();
    }

    private void Loop()
    {
        List<Write> batch = [];
        while (true)
        {
            _wake.Wait();
            while (Take(batch))
                Commit(batch);
            lock (_gate)
            {
                if (_closed && _queue.Count == 0)
                    return;
            }
        }
    }

    private bool Take(List<Write> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            while (batch.Count < LargestBatch && _queue.TryDequeue(out var write))
                batch.Add(write);
        }
        return batch.Count > 0;
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            _session.Run("BEGIN IMMEDIATE");
            foreach (var write in batch)
                write.Run(_session);
            var commits = _session.Read("UPDATE schema SET commits = commits + 1 RETURNING commits", row => row.GetInt64(0))[0];
            _session.Run("COMMIT");
            _mark.Write(commits);
            Interlocked.Increment(ref _commits);
        }
        catch (Exception e)
        {
            Undo();
            // A damaged page fails whoever needs it, and not those who happened to write in the same moment.
            if (batch.Count > 1 && e is SqliteException damage && SqliteSession.IsDamage(damage))
                batch.ForEach(write => Commit([write]));
            else
                batch.ForEach(write => write.Fail(e is SqliteException sqlite ? write.Explain(sqlite) : new GrainStoreException($"The grain store {_path} failed: {e.Message}", e)));
            return;
        }
        EngineTelemetry.SaveBatch.Record(batch.Count);
        foreach (var write in batch)
            write.Succeed();
    }

    private void Undo()
    {
        try
        {
            _session.Run("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does when the disk is full; there is nothing left to undo.
        }
    }

    private abstract class Write
    {
        public abstract void Run(SqliteSession session);
        public abstract void Succeed();
        public abstract void Fail(Exception exception);
        public abstract Exception Explain(SqliteException failure);
    }

    private sealed class Write<T>(Func<SqliteSession, T> run, Func<SqliteException, Exception> explain) : Write
    {
        // The writer's thread must never run what waits for it.
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _refusal;
        private T? _result;

        public Task<T> Answer => _answer.Task;

        public override void Run(SqliteSession session)
        {
            _refusal = null;
            try
            {
                _result = run(session);
            }
            catch (Exception refusal) when (refusal is StateConflictException or GrainDamagedException)
            {
                _refusal = refusal;
            }
        }

        public override void Succeed()
        {
            if (_refusal is null)
                _answer.SetResult(_result!);
            else
                _answer.SetException(_refusal);
        }

        public override void Fail(Exception exception) => _answer.SetException(exception);
        public override Exception Explain(SqliteException failure) => explain(failure);
    }
}
