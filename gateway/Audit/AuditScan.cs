using System.Collections.Immutable;
using Lucid.Evidence.Audit;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Gateway.Audit;

/// <summary>
/// Search, by reading the log from its end: what an administrator looks for is nearly always recent, and an index beside the log would be one
/// more thing that could say something else. Bounded: a request reads so much and answers with a cursor, also where it found nothing.
/// </summary>
internal sealed class AuditScan(IGrains grains, GatewayOptions options)
{
    /// <summary>Records that one request reads at most.</summary>
    public const int MaxRead = 20_000;

    private IAuditGrain Log => grains.Get<IAuditGrain>(options.Ledger);

    /// <summary>The newest records first.</summary>
    /// <param name="before">Only those with a smaller index; null for all.</param>
    public async Task<AuditFound> FindAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<StoredRecord>();
        var end = (await Log.HeadAsync()).Size;
        var next = before is { } asked && asked < end ? asked : end;
        for (var read = 0; next > 0 && read < MaxRead;)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)Math.Min(AuditPage.MaxRecords, next);
            var page = await ReadAsync(next - count, count);
            read += count;
            for (var i = page.Length - 1; i >= 0; i--, next--)
            {
                if (!filter.Matches(page[i].Record.Event))
                    continue;
                if (found.Count == limit)
                    return new AuditFound(found.ToImmutable(), next);
                found.Add(page[i]);
            }
        }
        return new AuditFound(found.ToImmutable(), next > 0 ? next : null);
    }

    /// <summary>Those records of the first <paramref name="size"/> in their order, all of them.</summary>
    /// <param name="most">More are refused.</param>
    /// <returns>Null where there are more.</returns>
    public async Task<ImmutableArray<StoredRecord>?> SelectAsync(AuditFilter filter, long from, long size, int most, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<StoredRecord>();
        for (var next = from; next < size;)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = await ReadAsync(next, (int)Math.Min(AuditPage.MaxRecords, size - next));
            foreach (var one in page.Where(one => filter.Matches(one.Record.Event)))
            {
                if (found.Count == most)
                    return null;
                found.Add(one);
            }
            next += page.Length;
        }
        return found.ToImmutable();
    }

    /// <summary>Null where there is none.</summary>
    public async Task<StoredRecord?> GetAsync(long index)
    {
        var page = await Log.ReadAsync(index, 1);
        return page.Records is [var only] ? new StoredRecord(AuditRecord.Parse(only), only) : null;
    }

    private async Task<StoredRecord[]> ReadAsync(long from, int count)
    {
        var page = await Log.ReadAsync(from, count);
        if (page.Records.Length != count)
            throw new InvalidOperationException($"The audit log has {page.Size} records and gave {page.Records.Length} of {count} from {from}.");
        return [.. page.Records.Select(bytes => new StoredRecord(AuditRecord.Parse(bytes), bytes))];
    }
}

/// <param name="Bytes">The exact bytes that the log's tree is over.</param>
internal sealed record StoredRecord(AuditRecord Record, byte[] Bytes);

/// <param name="Next">Before which index to go on; null where the log's beginning was reached.</param>
internal sealed record AuditFound(ImmutableArray<StoredRecord> Records, long? Next);
