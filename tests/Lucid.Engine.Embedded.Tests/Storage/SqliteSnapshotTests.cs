using Lucid.Engine.Embedded.Storage;
using Microsoft.Data.Sqlite;

namespace Lucid.Engine.Embedded.Tests.Storage;

public sealed class SqliteSnapshotTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_OfAValueThatBecameNull_SaysThatTheFileIsDamaged()
    {
        using (var store = new SqliteSession(_folder["a.db"]))
            store.Run("CREATE TABLE t (a INTEGER)");
        using var snapshot = SqliteSnapshot.Open(_folder["a.db"], live: false);
        Assert.Equal(11, Assert.Throws<SqliteException>(() => snapshot.Query("SELECT NULL", row => row.GetInt64(0)).ToList()).SqliteErrorCode);
        Assert.Equal(11, Assert.Throws<SqliteException>(() => snapshot.Find("SELECT NULL", row => row.GetString(0))).SqliteErrorCode);
    }
}
