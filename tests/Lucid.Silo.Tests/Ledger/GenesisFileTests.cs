using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Silo.Ledger;

namespace Lucid.Silo.Tests.Ledger;

public sealed class GenesisFileTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly KeyFiles _keys;

    public GenesisFileTests() => _keys = KeyFiles.Open(_temp.Data.Keys, mayCreate: true);

    private string FilePath => Path.Combine(_temp.Data.Root, "genesis");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Open_FirstTime_MakesANetworkWithThisNodeAlone()
    {
        var genesis = Open(new GenesisRequest { Network = "demo", Validator = "pi", BlockIntervalMs = 500 });
        Assert.Equal(("demo", 500), (genesis.Name, genesis.Parameters.BlockIntervalMs));
        Assert.Equal(new Validator("pi", _keys.Identity.PublicKey, _keys.Cosigning.PublicKey), Assert.Single(genesis.Validators.Validators));
        Assert.Equal(genesis.Encode(), File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void Open_Again_IsTheSameNetworkWithOrWithoutTheSameOptions()
    {
        var request = new GenesisRequest { Network = "demo", Validator = "pi", BlockIntervalMs = 500 };
        var genesis = Open(request);
        Assert.Equal(genesis.Network, Open(request).Network);
        Assert.Equal(genesis.Network, Open(new GenesisRequest()).Network);
    }

    [Fact]
    public void Open_OtherOptions_NamesEachWithBothValues()
    {
        Open(new GenesisRequest());
        var message = Assert.Throws<GenesisMismatchException>(
            () => Open(new GenesisRequest { Network = "demo", Validator = "pi", BlockIntervalMs = 500 })).Message;
        Assert.All(["'local'", "'demo'", "'node-1'", "'pi'", "10000 ms", "500 ms", FilePath],
            part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_OtherKeys_IsRefused()
    {
        Open(new GenesisRequest());
        var others = KeyFiles.Open(Path.Combine(_temp.Data.Root, "others"), mayCreate: true);
        Assert.Throws<GenesisMismatchException>(() => GenesisFile.Open(FilePath, new GenesisRequest(), others, TimeProvider.System, mayCreate: true));
    }

    [Fact]
    public void Open_AnyByteWrong_IsRefusedOrAnotherNetwork()
    {
        var genesis = Open(new GenesisRequest());
        var whole = File.ReadAllBytes(FilePath);
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.AsSpan().ToArray();
            damaged[at] ^= 1;
            File.WriteAllBytes(FilePath, damaged);
            try
            {
                // The bytes are the network's id, so a changed name or time is another network: the blocks, which name theirs, refuse it.
                Assert.NotEqual(genesis.Network, Open(new GenesisRequest()).Network);
            }
            catch (Exception e) when (e is LedgerDamagedException or GenesisMismatchException)
            {
                Assert.Contains(FilePath, e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Open_MissingThoughThereAreBlocks_IsRefused() =>
        Assert.Throws<LedgerDamagedException>(() => GenesisFile.Open(FilePath, new GenesisRequest(), _keys, TimeProvider.System, mayCreate: false));

    private Genesis Open(GenesisRequest request) => GenesisFile.Open(FilePath, request, _keys, TimeProvider.System, mayCreate: true);
}
