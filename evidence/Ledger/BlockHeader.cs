using Lucid.Evidence.Keys;

namespace Lucid.Evidence.Ledger;

/// <summary>
/// One step of the ledger. The text is `lucid.block/1` and then one line per property, in their order here; its SHA-256 is the block's
/// id. All fields are there from the first block on, so that one validator can become several on the same chain.
/// </summary>
/// <param name="Network">The network's id.</param>
/// <param name="Height">From 1, without holes.</param>
/// <param name="PreviousId">The id of the block before; the network's id for block 1.</param>
/// <param name="TimeMs">Unix time in milliseconds, later than the block before.</param>
/// <param name="Proposer">The identity key of the validator that made it.</param>
/// <param name="LogSize">Entries of the log after this block.</param>
/// <param name="LogRoot">RFC 6962 root of the log at that size.</param>
/// <param name="TransactionCount">Transactions in this block.</param>
/// <param name="TransactionsRoot">RFC 6962 root over the bytes of the transactions.</param>
/// <param name="StateRoot">Hash of the ledger's state after this block.</param>
/// <param name="ValidatorsHash">The <see cref="ValidatorSet"/> that decides on this block.</param>
/// <param name="NextValidatorsHash">The set that decides on the next one.</param>
/// <param name="ParametersHash">The <see cref="LedgerParameters"/> that hold for this block.</param>
public sealed record BlockHeader(
    Hash256 Network, ulong Height, Hash256 PreviousId, long TimeMs, Ed25519PublicKey Proposer, ulong LogSize, Hash256 LogRoot,
    int TransactionCount, Hash256 TransactionsRoot, Hash256 StateRoot, Hash256 ValidatorsHash, Hash256 NextValidatorsHash,
    Hash256 ParametersHash)
{
    /// <summary>The block's id: SHA-256 of <see cref="Encode"/>.</summary>
    public Hash256 Id() => Hash256.Of(Encode());

    public byte[] Encode() => new RecordWriter()
        .Line("lucid.block/1"u8).Line(Network).Line(Height).Line(PreviousId).Line(TimeMs).Line(Proposer.ToString())
        .Line(LogSize).Line(LogRoot).Line((ulong)TransactionCount).Line(TransactionsRoot).Line(StateRoot)
        .Line(ValidatorsHash).Line(NextValidatorsHash).Line(ParametersHash)
        .ToArray();

    /// <exception cref="MalformedException">Not what <see cref="Encode"/> writes.</exception>
    public static BlockHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader("block header", bytes);
        reader.Literal("lucid.block/1"u8);
        var header = new BlockHeader(
            reader.Hash("the network's id"), Heights.Read(ref reader), reader.Hash("the previous block's id"),
            reader.Number("the time in ms"), new Ed25519PublicKey(reader.Hex("the proposer's key", Hash256.Size)),
            reader.Unsigned("the log's size"), reader.Hash("the log's root"),
            reader.SmallNumber("the number of transactions", Block.MaxTransactions), reader.Hash("the transactions' root"),
            reader.Hash("the state root"), reader.Hash("the validators' hash"), reader.Hash("the next validators' hash"),
            reader.Hash("the parameters' hash"));
        reader.End();
        return header;
    }
}

internal static class Heights
{
    /// <summary>Reads a height: from 1, because 0 stands for "before the first block" and no such block exists.</summary>
    public static ulong Read(ref RecordReader reader)
    {
        var height = reader.Unsigned("the height", long.MaxValue);
        return height > 0 ? height : throw reader.Refuse("a height of at least 1", "0"u8);
    }
}
