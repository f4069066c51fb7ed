using Lucid.Evidence;
using Lucid.Evidence.Keys;
using Lucid.Evidence.Ledger;
using Lucid.GrainInterfaces.Chain;
using Lucid.Grains.Chain.Consensus;
using Lucid.Silo.Ledger;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Audit;

/// <summary>The ledger: its keys and genesis, then the blocks in order, and beside them all that follows from them.</summary>
internal sealed class LedgerAudit(DataFolder folder, bool isLive, AuditFindings findings, AuditWorkers workers, SessionAnchors sessions, AuditLogs logs)
{
    private const string BlocksCure = "Restore the blocks from a backup or from another validator of the network";

    public async Task RunAsync(CancellationToken cancellation)
    {
        var (identity, cosigning, log) = (ReadKey("identity"), ReadKey("cosigning"), ReadKey("log"));
        var votes = ReadVotes();
        CheckCandidates();
        if (ReadGenesis() is not { } genesis)
            return;
        CheckKeys(genesis, identity, cosigning);
        CheckTrust(genesis);
        // What is derived first: a running node only ever adds to it after it has added to the blocks.
        using var index = IndexAudit.Open(At("index.db"), genesis.Network, isLive, findings);
        using var checkpoints = CheckpointAudit.Open(At("checkpoints.db"), genesis, log?.PublicKey, isLive, findings);
        using var files = LogAudit.Open(At("log"), isLive, findings);
        var blocks = new BlockAudit(At("blocks"), genesis, isLive, findings, workers);
        await blocks.RunAsync(
            (block, entries, head) =>
            {
                files.Take(entries);
                index.Take(block, entries);
                checkpoints.Take(head);
                sessions.Take(block.Header, entries, identity?.PublicKey);
            },
            cancellation);
        var known = new[] { ((votes?.Height ?? 1) - 1, "this validator's last vote"), (index.Height, "the index"), (blocks.HeightOf(checkpoints.Size), "the published checkpoint") };
        foreach (var (height, witness) in known)
        {
            if (height > blocks.Height)
                findings.Damage(blocks.LastFile, $"the good blocks end at height {blocks.Height}, and {witness} knows one at height {height}", BlocksCure);
        }
        if (blocks.IsWhole)
        {
            files.End();
            index.End();
            checkpoints.End();
            sessions.End();
            logs.Check(identity?.PublicKey, blocks.Roots);
        }
        else
        {
            findings.Note(At("log"), $"not compared beyond height {blocks.Height}", "The blocks above it are damaged");
        }
    }

    private string At(string name) => Path.Combine(folder.Ledger, name);

    private Ed25519PrivateKey? ReadKey(string use)
    {
        var path = Path.Combine(folder.Keys, use);
        const string cure = "Without it this node is another node. Put the file back from a backup";
        try
        {
            var key = KeyFiles.Read(path, use);
            findings.Counted(new FileInfo(path).Length);
            return key;
        }
        catch (LedgerDamagedException damage)
        {
            findings.Damage(path, damage.Damage, damage.Cure);
        }
        catch (IOException)
        {
            findings.Damage(path, "the signing key is missing", cure);
        }
        return null;
    }

    private VoteMemory? ReadVotes()
    {
        const string cure = "Restore it from this node's own newest backup, never from another node's: a validator that forgot a vote could contradict it";
        try
        {
            var (first, second) = TwinFile.Peek(At("votes"));
            // A running node may be in the middle of writing one of them.
            if (isLive && (first is null || second is null))
                (first, second) = TwinFile.Peek(At("votes"));
            findings.Counted(2L * TwinFile.CopySize);
            if ((first ?? second) is not { } value)
            {
                findings.Damage(At("votes"), "both copies of this validator's last vote are damaged", cure);
                return null;
            }
            if ((first is null || second is null) && !isLive)
                findings.Mendable(At("votes"), "one of the two copies of this validator's last vote is damaged", "The other has it; the next start mends it");
            return VoteMemory.Parse(value);
        }
        catch (MalformedException damage)
        {
            findings.Damage(At("votes"), $"this validator's last vote cannot be read ({damage.Message})", cure);
        }
        catch (IOException)
        {
            findings.Damage(At("votes"), "the record of this validator's last vote is missing", cure);
        }
        return null;
    }

    private void CheckCandidates()
    {
        if (!Directory.Exists(At("candidates")))
            return;
        foreach (var path in Directory.EnumerateFiles(At("candidates")).Where(path => !path.EndsWith(DurableFile.UnfinishedSuffix, StringComparison.Ordinal)))
        {
            try
            {
                var header = Block.Parse(CandidateFiles.ReadFile(path)).Header;
                findings.Counted(new FileInfo(path).Length);
                if (Path.GetFileName(path) != $"{header.Height:D19}-{header.Id()}")
                    findings.Damage(path, $"it holds the proposed block {header.Id()} of height {header.Height}, which is not its name", "Delete it: the other validators have the block");
            }
            catch (Exception damage) when (damage is LedgerDamagedException or MalformedException)
            {
                findings.Damage(path, "the proposed block is damaged", "Restore the file from a backup, or delete it: the other validators have the block");
            }
            catch (IOException) when (isLive)
            {
                // Forgotten meanwhile, with its height.
            }
        }
    }

    private Genesis? ReadGenesis()
    {
        const string cure = "Restore it from a backup or from another node of the network. Without it the ledger was not checked";
        try
        {
            var bytes = File.ReadAllBytes(At("genesis"));
            findings.Counted(bytes.Length);
            return Genesis.Parse(bytes);
        }
        catch (MalformedException damage)
        {
            findings.Damage(At("genesis"), $"the genesis is damaged ({damage.Message})", cure);
        }
        catch (IOException)
        {
            findings.Damage(At("genesis"), "the genesis is missing", cure);
        }
        return null;
    }

    private void CheckKeys(Genesis genesis, Ed25519PrivateKey? identity, Ed25519PrivateKey? cosigning)
    {
        if (identity is null)
            return;
        if (genesis.Validators.IndexOf(identity.PublicKey) is not (>= 0 and var self))
            findings.Damage(At("genesis"), $"none of its validators has this node's identity key {identity.PublicKey}", "Keys and genesis are not of one node. Restore the one that is another's from a backup");
        else if (cosigning is not null && !genesis.Validators.Validators[self].Cosigning.Equals(cosigning.PublicKey))
            findings.Damage(Path.Combine(folder.Keys, "cosigning"), "it is not the cosigning key that the genesis names for this node", "Put the file back from a backup");
    }

    /// <summary>The validator sets that are trusted, this network's among them.</summary>
    private void CheckTrust(Genesis genesis)
    {
        var own = Path.Combine(folder.Trust, $"{genesis.Network}.validators");
        if (!File.Exists(own))
            findings.Mendable(own, "this network's own validators are not among the trusted", "The next start writes them");
        if (!Directory.Exists(folder.Trust))
            return;
        foreach (var path in Directory.EnumerateFiles(folder.Trust, "*.validators"))
        {
            try
            {
                var bytes = File.ReadAllBytes(path);
                findings.Counted(bytes.Length);
                var set = ValidatorSet.Parse(bytes);
                if (path == own && set.Hash != genesis.Validators.Hash)
                    findings.Damage(path, "it is not the set that this network's genesis names", "Delete it; the next start writes it");
                else if (Path.GetFileName(path) != $"{set.Network}.validators")
                    findings.Damage(path, $"it is of network {set.Network}, which is not its name", "Add it again with lucid trust add FILE");
            }
            catch (MalformedException damage) when (path == own)
            {
                findings.Mendable(path, damage.Message, "The next start writes it anew");
            }
            catch (MalformedException damage)
            {
                findings.Damage(path, damage.Message, "Delete it, and add it again with lucid trust add FILE");
            }
        }
    }
}
