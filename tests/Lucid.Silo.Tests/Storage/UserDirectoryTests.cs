using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Identity;
using Lucid.Silo.Audit;
using Lucid.Silo.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Storage;

public sealed class UserDirectoryTests : UserDirectoryContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private DirectoryFile? _file;

    public void Dispose()
    {
        _file?.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("UPDATE users SET view = replace(view, 'TAda', 'TBob') WHERE id = 'TAda'")]
    [InlineData("UPDATE users SET role = 'superadmin' WHERE id = 'TAda'")]
    public async Task Row_Damaged_IsLeftOut_AndItsUserIsAskedToWriteItAnew(string damage)
    {
        var directory = Open();
        await directory.UpsertAsync(User("TAda", 1), default);
        await directory.UpsertAsync(User("TEva", 2), default);
        var repaired = new List<string>();
        directory.Repair = repaired.Add;
        Execute(damage);
        Assert.Equal("TEva", Assert.Single((await directory.ListAsync(All, default)).Users).UserId);
        Assert.Equal(["TAda"], repaired);
        await directory.UpsertAsync(User("TAda", 1), default);
        Assert.Equal(2, (await directory.ListAsync(All, default)).Users.Length);
    }

    [Theory]
    [InlineData("UPDATE users SET sum = sum + 1", "the row of user TAda does not have its checksum")]
    [InlineData("DELETE FROM user_words", "the words of user TAda are not those that it is to be found by")]
    public async Task File_Damaged_IsFoundByTheAudit(string damage, string expected)
    {
        await Open().UpsertAsync(User("TAda", 1), default);
        Assert.Empty(Faults());
        Execute(damage);
        Assert.Contains(expected, Faults());
    }

    protected override Task<IUserDirectory> OpenAsync() => Task.FromResult<IUserDirectory>(Open());

    private UserDirectory Open()
    {
        _file = new DirectoryFile(_folder.Data, NullLogger<DirectoryFile>.Instance);
        return new UserDirectory(_file, NullLogger<UserDirectory>.Instance);
    }

    private List<string> Faults()
    {
        using var file = SqliteSnapshot.Open(_folder.Data.Directory, live: true);
        return [.. new DirectoryUsersAudit(file).Faults(), .. new DirectoryWordsAudit(file).Faults(), .. AuditSchema.Directory.FindFaults(file)];
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Data.Directory};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
