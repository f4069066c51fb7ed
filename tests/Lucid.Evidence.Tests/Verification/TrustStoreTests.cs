using Lucid.Evidence.Ledger;
using Lucid.Evidence.Tests.Support;
using Lucid.Evidence.Verification;

namespace Lucid.Evidence.Tests.Verification;

public sealed class TrustStoreTests : IDisposable
{
    private static readonly ValidatorSet One = new TestNetwork(1).Validators;
    private static readonly ValidatorSet Other = new TestNetwork(4, "other").Validators;

    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("lucid-trust");

    private string Folder => Path.Combine(_parent.FullName, "trust");

    public void Dispose() => _parent.Delete(recursive: true);

    [Fact]
    public void List_AFolderThatIsNotThere_IsEmpty() => Assert.Empty(new TrustStore(Folder).List());

    [Fact]
    public void Add_Sets_AreListedAndLoaded()
    {
        var store = new TrustStore(Folder);
        store.Add(One);
        store.Add(Other);
        store.Add(One);
        Assert.Equal(2, store.List().Count);
        Assert.True(store.Load().Contains(One));
        Assert.Equal(One.Encode(), File.ReadAllBytes(Path.Combine(Folder, $"{One.Network}.validators")));
    }

    [Fact]
    public void Add_AnotherSetOfAKnownNetwork_IsRefusedUnlessTold()
    {
        var store = new TrustStore(Folder);
        store.Add(One);
        var changed = new ValidatorSet(One.Network, Other.Validators);
        var conflict = Assert.Throws<TrustConflictException>(() => store.Add(changed));
        Assert.Contains(One.Fingerprint, conflict.Message);
        Assert.Contains(changed.Fingerprint, conflict.Message);
        Assert.False(store.Load().Contains(changed));
        store.Add(changed, replace: true);
        Assert.Equal(changed.Hash, Assert.Single(store.List()).Hash);
    }

    [Fact]
    public void List_AFileThatIsNoSetOrOfAnotherNetwork_IsRefusedByName()
    {
        Directory.CreateDirectory(Folder);
        var path = Path.Combine(Folder, $"{Other.Network}.validators");
        File.WriteAllBytes(path, One.Encode());
        Assert.Contains(path, Assert.Throws<MalformedException>(() => new TrustStore(Folder).List()).Message);
        File.WriteAllText(path, "nonsense");
        Assert.Contains(path, Assert.Throws<MalformedException>(() => new TrustStore(Folder).List()).Message);
    }
}
