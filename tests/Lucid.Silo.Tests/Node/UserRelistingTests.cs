using Lucid.Engine.Embedded;
using Lucid.Engine.Embedded.Storage;
using Lucid.GrainInterfaces.Identity;
using Lucid.Grains;
using Lucid.Grains.Identity;
using Lucid.Silo.Hosting;
using Lucid.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lucid.Silo.Tests.Node;

public sealed class UserRelistingTests
{
    [Fact]
    public async Task List_ThatIsLost_IsMadeAgainFromTheUsers_AndADamagedRowToo()
    {
        using var folder = new TempFolder();
        await using var store = new SqliteGrainStore(folder.Data.GrainStore);
        using var file = new DirectoryFile(folder.Data, NullLogger<DirectoryFile>.Instance);
        var directory = new UserDirectory(file, NullLogger<UserDirectory>.Instance);
        await using var services = new ServiceCollection().AddSingleton<IUserDirectory>(directory).AddSingleton(new IdentityOptions()).AddSingleton<ICpuPool, CpuPool>().BuildServiceProvider();
        await using var engine = new EmbeddedEngine(store, new EmbeddedEngineOptions(), services, EngineRuntime.ThreadPool(TimeProvider.System), NullLogger<EmbeddedEngine>.Instance)
            .Host<IUserGrain, UserGrain>("user");
        await engine.StartAsync(default);
        foreach (var id in new[] { "TAda", "TEva" })
        {
            await engine.Get<IUserGrain>(id).AdmitAsync(Caller.Local, Role.User);
            await engine.Get<IUserGrain>(id).UpdateAsync(new Caller(id, Role.User), new UserChange($"Name of {id}", null));
        }
        await file.Writer.InTurnAsync(() =>
        {
            using var command = file.Writer.Command("DELETE FROM users; DELETE FROM user_words;");
            return command.ExecuteNonQuery();
        }, default);
        var relisting = new UserRelisting(engine, store, directory, NullLogger<UserRelisting>.Instance);
        await relisting.ListAllAsync(default);
        var query = new UserListQuery(1, 10, null, null);
        Assert.Equal(["TAda", "TEva"], (await directory.ListAsync(query with { Search = "name" }, default)).Users.Select(user => user.UserId).Order());

        await file.Writer.InTurnAsync(() =>
        {
            using var command = file.Writer.Command("UPDATE users SET status = 'suspended' WHERE id = 'TEva'");
            return command.ExecuteNonQuery();
        }, default);
        List<string> damaged = [];
        directory.Repair = damaged.Add;
        Assert.Single((await directory.ListAsync(query, default)).Users);
        await relisting.ListAsync(Assert.Single(damaged));
        Assert.Equal(2, (await directory.ListAsync(query, default)).Users.Length);
        await engine.StopAsync(default);
    }
}
