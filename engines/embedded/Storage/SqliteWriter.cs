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
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private Queue<Write> _queue = new();
    private bool _closed;
    private long _commits;

    public SqliteWriter(string path)
    {
        _path = path;
        _session = new SqliteSession(path);
        try
        {
            _session.Prepare(path);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
        _thread = new Thread(Loop) { IsBackground = true, Name = "lucid-grain-store" };
        _thread.Start();
    }

    public long Commits => Interlocked.Read(ref _commits);

    /// <param name="run">Changes rows, or throws <see cref="StateConflictException"/> before it has changed any.</param>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> run)
    {
        var write = new Write<T>(run);
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
            _session.Run("COMMIT");
            Interlocked.Increment(ref _commits);
        }
        catch (Exception e)
        {
            Undo();
            var failure = e is SqliteException sqlite ? SqliteSession.Explain(_path, sqlite)
                : new GrainStoreException($"The grain store {_path} failed: {e.Message}", e);
            foreach (var write in batch)
                write.Fail(failure);
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
    }

    private sealed class Write<T>(Func<SqliteSession, T> run) : Write
    {
        // The writer's thread must never run what waits for it.
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private StateConflictException? _conflict;
        private T? _result;

        public Task<T> Answer => _answer.Task;

        public override void Run(SqliteSession session)
        {
            try
            {
                _result = run(session);
            }
            catch (StateConflictException conflict)
            {
                _conflict = conflict;
            }
        }

        public override void Succeed()
        {
            if (_conflict is null)
                _answer.SetResult(_result!);
            else
                _answer.SetException(_conflict);
        }

        public override void Fail(Exception exception) => _answer.SetException(exception);
    }
}
