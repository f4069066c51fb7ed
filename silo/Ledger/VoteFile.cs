using Lucid.Evidence;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Consensus;
using Lucid.Grains.Chain.Ports;

namespace Lucid.Silo.Ledger;

/// <summary>The last signed vote, in two copies (<see cref="TwinFile"/>).</summary>
public sealed class VoteFile : IVoteStore, IDisposable
{
    private const string Cure = "Restore it from this node's own newest backup, never from another node's: a validator that forgot a vote could contradict it";

    private readonly TwinFile _file;
    private readonly Lock _saving = new();

    private VoteFile(TwinFile file, VoteMemory last) => (_file, Last) = (file, last);

    public VoteMemory Last { get; private set; }

    /// <param name="mayCreate">Whether this node cannot have voted yet, so that a missing file is no loss.</param>
    /// <exception cref="LedgerDamagedException">Both copies are damaged, or the file is missing though there may have been votes.</exception>
    public static VoteFile Open(string path, bool mayCreate)
    {
        if (!File.Exists(path))
        {
            if (!mayCreate)
                throw new LedgerDamagedException(path, null, "the record of this validator's last vote is missing, although it has made blocks", Cure);
            TwinFile.Create(path, VoteMemory.Empty.Encode());
        }
        var file = TwinFile.TryOpen(path) ??
            throw new LedgerDamagedException(path, null, "both copies of this validator's last vote are damaged", Cure);
        try
        {
            return new VoteFile(file, VoteMemory.Parse(file.Value));
        }
        catch (MalformedException e)
        {
            file.Dispose();
            throw new LedgerDamagedException(path, null, $"this validator's last vote cannot be read ({e.Message})", Cure);
        }
    }

    public Task SaveAsync(VoteMemory next, CancellationToken cancellation) => Task.Run(() =>
    {
        lock (_saving)
        {
            if (Last.FindConflict(next) is { } conflict)
                throw new InvalidOperationException($"This validator {conflict}.");
            _file.Save(next.Encode());
            Last = next;
        }
    }, cancellation);

    public void Dispose() => _file.Dispose();
}
