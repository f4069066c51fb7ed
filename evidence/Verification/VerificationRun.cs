using Lucid.Evidence.Files;
using Lucid.Evidence.Policies;
using Lucid.Evidence.Records;

namespace Lucid.Evidence.Verification;

/// <summary>One pass over one evidence file, in the order of its entries.</summary>
internal sealed class VerificationRun(Stream file, TrustedValidators trusted, VerifyOptions options)
{
    /// <summary>Looking for an altered byte takes some nanoseconds for each; beyond this it is not worth the wait.</summary>
    private const int MaxLengthToLocate = 64 * 1024 * 1024;

    private readonly EvidenceFileReader _reader = new(file, goOnPastDamage: true);
    private readonly CheckList _checks = new();
    private readonly Dictionary<EvidencePart, byte[]> _parts = [];
    private EvidenceEntry? _entry;
    private EvidenceHead? _head;
    private Manifest? _manifest;
    private LeafChecks? _leaves;
    private ProofChecks? _proof;
    private ChunkVerifier? _chunks;
    private bool _readable = true;

    public async Task<VerificationReport> RunAsync(CancellationToken cancellation)
    {
        try
        {
            await ReadAsync(cancellation);
        }
        catch (MalformedException problem)
        {
            // Before the first entry nothing says that this is evidence at all; before the manifest's end nothing says whose.
            _readable &= _parts.ContainsKey(EvidencePart.Evidence) && (_parts.ContainsKey(EvidencePart.Manifest) || !_reader.EndedEarly);
            _checks.Fail(CheckNames.File, problem.Message);
        }
        catch (IOException problem)
        {
            _readable = false;
            _checks.Fail(CheckNames.File, $"it could not be read: {problem.Message}");
        }
        return Report();
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        if (!ReadHead(await NextSmallAsync(cancellation)) || ReadManifest(await NextSmallAsync(cancellation)) is not { } manifest)
            return;
        await NextSmallAsync(cancellation);
        await NextLeavesAsync(manifest, cancellation);
        while (await NextAsync(cancellation) is { Part: < EvidencePart.Chunk } entry)
            await ReadSmallAsync(entry, cancellation);
        _proof = new ProofChecks(_checks, manifest, Parts(), trusted);
        _proof.Run();
        await ReadChunksAsync(manifest, cancellation);
        _checks.Pass(CheckNames.File, "every entry, header and CRC and the central directory are as an evidence file's are");
    }

    /// <returns>Whether it makes sense to read on.</returns>
    private bool ReadHead(byte[] bytes)
    {
        if (!bytes.AsSpan().StartsWith("lucid.evidence/1\n"u8))
        {
            // With its CRC intact this is no damage but something else; with a CRC that differs it was evidence once.
            _readable = _checks.FirstFailure is not null;
            _checks.Fail(CheckNames.File, "evidence.txt does not begin with 'lucid.evidence/1': another version, or no evidence file");
            return false;
        }
        _head = _checks.Parse(CheckNames.File, EvidenceLayout.Name(EvidencePart.Evidence), () => EvidenceHead.Parse(bytes));
        return true;
    }

    private Manifest? ReadManifest(byte[] bytes)
    {
        _manifest = _checks.Parse(CheckNames.Manifest, EvidenceLayout.Name(EvidencePart.Manifest), () => Manifest.Parse(bytes));
        if (_manifest is null || _head is null)
            return _manifest;
        var names = $"session {_manifest.Session} in network {_manifest.Network}";
        var same = _head.Session == _manifest.Session && _head.Network == _manifest.Network;
        var outcome = _manifest.Outcome == SessionOutcome.Closed ? "closed" : "interrupted";
        _checks.Judge(
            CheckNames.Manifest, same ? null : $"it is of {names}; evidence.txt names session {_head.Session} in network {_head.Network}",
            $"session {_manifest.Session} of {_manifest.Owner}, {outcome}, SHA-256 {Hash256.Of(bytes)}");
        JudgePolicy(_manifest);
        return _manifest;
    }

    private void JudgePolicy(Manifest manifest)
    {
        if (options.Policy is not { } given)
        {
            _checks.Skip(CheckNames.Policy, manifest.PolicyHash == Hash256.Zero
                ? "the session was recorded under no trust policy"
                : $"the session was recorded under policy {manifest.PolicyHash}, which was not given");
            return;
        }
        var policy = TrustPolicy.Parse(given.Signed.Bytes.Span);
        _checks.Judge(
            CheckNames.Policy, PolicyVerification.FindFault(given.Signed, given.Wallets) ?? PolicyVerification.FindFault(given.Signed, manifest),
            $"recorded under version {policy.Version} of policy {policy.Policy}, '{policy.Name}', which {policy.Owner} signed");
    }

    private async Task NextLeavesAsync(Manifest manifest, CancellationToken cancellation)
    {
        await NextAsync(cancellation);
        var receipts = new ReceiptChecks(_checks, manifest, options);
        _leaves = new LeafChecks(_checks, manifest, keepChunks: _head?.Content != EvidenceContent.Proof, receipts);
        var piece = new byte[64 * 1024];
        while (await _reader.ReadAsync(piece, cancellation) is > 0 and var length)
            _leaves.Append(piece.AsSpan(0, length));
        _leaves.End();
        JudgeCrc([]);
    }

    private async Task ReadChunksAsync(Manifest manifest, CancellationToken cancellation)
    {
        var expected = _leaves!.Chunks;
        var (next, present) = (0, 0UL);
        _chunks = new ChunkVerifier(_reader, _checks, options.Parallelism);
        try
        {
            for (; _entry is { } entry; await NextAsync(cancellation), present++)
            {
                while (next < expected.Count && expected[next].Index < entry.Chunk)
                    next++;
                // Which chunk is right follows from the leaves; where those are wrong there is nothing to hold it against.
                if (!_checks.Passed(CheckNames.Leaves))
                {
                    await SkipAsync(cancellation);
                    continue;
                }
                var named = next < expected.Count && expected[next].Index == entry.Chunk;
                if (named && expected[next].CipherLength == entry.Length)
                {
                    await _chunks.AddAsync(entry, expected[next], cancellation);
                    continue;
                }
                var instead = named ? $"its leaf says {expected[next].CipherLength}" : "no leaf names it";
                _checks.Fail(CheckNames.Chunks, $"chunk {entry.Chunk} has {entry.Length} bytes, {instead}");
                await SkipAsync(cancellation);
            }
        }
        finally
        {
            // What was found so far is told also where the file breaks off.
            await _chunks.FinishAsync();
        }
        if (_chunks.Damaged > 0)
            _checks.Fail(CheckNames.File, $"{LedgerChecks.Count((long)_chunks.Damaged, "chunk")} without the CRC in the header");
        JudgeContent(manifest, present, _chunks.Read.Bytes);
    }

    private void JudgeContent(Manifest manifest, ulong present, ulong bytes)
    {
        if (_head is null || !_checks.Passed(CheckNames.Leaves))
            return;
        if (EvidenceLayout.ContentOf(present, manifest.ChunkCount) != _head.Content)
            _checks.Fail(CheckNames.Chunks, $"the file holds {present} of {manifest.ChunkCount} chunks; evidence.txt says {_head.Content}");
        else if (present == 0)
            _checks.Skip(CheckNames.Chunks, manifest.ChunkCount == 0 ? "the session has none" : "the file holds the proof alone, no ciphertext");
        else
            _checks.Pass(CheckNames.Chunks, $"{present} of {manifest.ChunkCount} chunks, {bytes} bytes of ciphertext, are what was sealed");
    }

    private async ValueTask<EvidenceEntry?> NextAsync(CancellationToken cancellation) => _entry = await _reader.NextAsync(cancellation);

    /// <summary>Reads the next entry, which is small and, by the order of entries, there.</summary>
    private async Task<byte[]> NextSmallAsync(CancellationToken cancellation) =>
        await ReadSmallAsync((await NextAsync(cancellation))!.Value, cancellation);

    /// <summary>Reads a small entry. Damage is told, and what is left is still checked.</summary>
    private async Task<byte[]> ReadSmallAsync(EvidenceEntry entry, CancellationToken cancellation)
    {
        var content = new byte[entry.Length];
        await _reader.ReadAllAsync(content, cancellation);
        JudgeCrc(content);
        return _parts[entry.Part] = content;
    }

    private async Task SkipAsync(CancellationToken cancellation)
    {
        var piece = new byte[64 * 1024];
        while (await _reader.ReadAsync(piece, cancellation) > 0)
        {
        }
        JudgeCrc([]);
    }

    private EvidenceParts Parts() => new()
    {
        Manifest = _parts[EvidencePart.Manifest],
        ManifestNote = _parts[EvidencePart.ManifestNote],
        Receipt = _parts[EvidencePart.Receipt],
        Block = _parts[EvidencePart.Block],
        Certificate = _parts[EvidencePart.Certificate],
        Validators = _parts[EvidencePart.Validators],
        After = _parts.TryGetValue(EvidencePart.AfterBlock, out var block)
            ? new AfterBlockParts(block, _parts[EvidencePart.AfterCertificate], _parts.GetValueOrDefault(EvidencePart.AfterValidators))
            : null,
    };

    private VerificationReport Report()
    {
        var (verdict, summary) = _checks.Conclude(_readable, CheckNames.All);
        return new VerificationReport
        {
            Verdict = verdict,
            Summary = summary,
            Checks = _checks.ToImmutable(),
            Manifest = _manifest,
            Content = _head?.Content,
            Gaps = _leaves?.Gaps ?? [],
            Block = _proof?.Block,
            LogIndex = _proof?.Receipt?.Index,
            Validators = _proof?.Validators,
            ChunksRead = _chunks?.Read.Chunks ?? 0,
            CipherBytesRead = _chunks?.Read.Bytes ?? 0,
        };
    }

    /// <summary>
    /// Names the entry whose content does not have its CRC and, where altering a single byte explains that, the byte, with its line where
    /// the content is at hand.
    /// </summary>
    private void JudgeCrc(ReadOnlySpan<byte> content)
    {
        var entry = _entry!.Value;
        if (_reader.ContentCrc == entry.Crc)
            return;
        var damage = $"{entry.Name} is damaged: its content does not have the CRC in its header";
        if (entry.Length <= MaxLengthToLocate &&
            DamageLocator.Candidates(entry.Length, _reader.ContentCrc, entry.Crc).Take(2).ToList() is [var (position, change)])
        {
            damage += $"; altering one byte would explain it: byte {position}";
            if (!content.IsEmpty)
            {
                var found = content[(int)position];
                var line = content[..(int)position].Count((byte)'\n') + 1;
                damage += $" in line {line}, from {Show((byte)(found ^ change))} to {Show(found)}";
            }
        }
        _checks.Fail(CheckNames.File, damage);
    }

    private static string Show(byte value) => value is > 0x20 and < 0x7f ? $"'{(char)value}'" : $"0x{value:x2}";
}
