using Lucid.Evidence.Encryption;

namespace Lucid.Evidence.Tests.Encryption;

public sealed class CobblestoneStreamTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(16383)]
    [InlineData(16384)]
    [InlineData(50_000)]
    [InlineData(65_536)]
    public async Task Reader_WhatTheWriterWrote_IsTheMessage(int length)
    {
        var plain = Message(length);
        var random = new Random(length);
        var cipher = new MemoryStream();
        await using (var writer = new CobblestoneWriter(cipher, s_key, "c"u8, leaveOpen: true))
        {
            for (var done = 0; done < length;)
            {
                var size = Math.Min(length - done, random.Next(30_000));
                if (random.Next(2) == 0)
                    writer.Write(plain.AsSpan(done, size));
                else
                    await writer.WriteAsync(plain.AsMemory(done, size));
                done += size;
            }
            await writer.CompleteAsync();
        }
        var oneShot = new byte[length];
        Cobblestone.Decrypt(s_key, "c"u8, cipher.ToArray(), oneShot);
        Assert.Equal(plain, oneShot);

        cipher.Position = 0;
        await using var reader = new CobblestoneReader(new Trickle(cipher, random), s_key, "c"u8);
        var again = new MemoryStream();
        var buffer = new byte[20_000];
        while (true)
        {
            var size = 1 + random.Next(buffer.Length);
            var read = random.Next(2) == 0 ? reader.Read(buffer.AsSpan(0, size)) : await reader.ReadAsync(buffer.AsMemory(0, size));
            if (read == 0)
                break;
            again.Write(buffer, 0, read);
        }
        Assert.Equal(plain, again.ToArray());
        Assert.Equal(0, reader.Read(buffer));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16384)]
    [InlineData(40_000)]
    public void Writer_DisposedWithoutComplete_LeavesWhatReadersRefuse(int length)
    {
        var cipher = new MemoryStream();
        using (var writer = new CobblestoneWriter(cipher, s_key, [], leaveOpen: true))
            writer.Write(Message(length));
        using var reader = new CobblestoneReader(new MemoryStream(cipher.ToArray()), s_key, []);
        Assert.Equal(CobblestoneFault.Truncated, Assert.Throws<CobblestoneException>(() => reader.CopyTo(Stream.Null)).Fault);
    }

    [Fact]
    public void Writer_AfterComplete_RefusesMore()
    {
        using var writer = new CobblestoneWriter(new MemoryStream(), s_key, []);
        writer.Complete();
        Assert.False(writer.CanWrite);
        Assert.Throws<InvalidOperationException>(() => writer.Write([1]));
        Assert.Throws<InvalidOperationException>(writer.Complete);
    }

    [Fact]
    public void Reader_RecordAltered_GivesTheRecordsBeforeItAndThenFailsForEver()
    {
        var plain = Message(60_000);
        var cipher = Encrypt(plain);
        cipher[56 + (2 * 16400) + 5] ^= 1;
        using var reader = new CobblestoneReader(new MemoryStream(cipher), s_key, []);
        var before = new byte[2 * 16384];
        reader.ReadExactly(before);
        Assert.Equal(plain[..before.Length], before);
        for (var i = 0; i < 3; i++)
        {
            var failure = Assert.Throws<CobblestoneException>(() => reader.ReadByte());
            Assert.Equal((CobblestoneFault.AlteredRecord, 2L), (failure.Fault, failure.Record));
        }
    }

    [Fact]
    public void Reader_RecordsSwapped_AreRefused()
    {
        var cipher = Encrypt(new byte[40_000]);
        var swapped = cipher.ToArray();
        cipher.AsSpan(56, 16400).CopyTo(swapped.AsSpan(56 + 16400));
        cipher.AsSpan(56 + 16400, 16400).CopyTo(swapped.AsSpan(56));
        using var reader = new CobblestoneReader(new MemoryStream(swapped), s_key, []);
        Assert.Equal(0, Assert.Throws<CobblestoneException>(() => reader.ReadByte()).Record);
    }

    [Fact]
    public void File_SmallRange_ReadsOnlyTheHeaderAndItsRecords()
    {
        var plain = Message(1_000_000);
        var source = new Source(Encrypt(plain));
        using var file = CobblestoneFile.Open(s_key, [], source.Bytes.Length, source.ReadAt);
        var part = new byte[20_000];
        Assert.Equal(part.Length, file.Read(500_000, part));
        Assert.Equal(plain[500_000..520_000], part);
        Assert.Equal(56 + (2 * 16400), source.Fetched);
        Assert.Equal(1, file.Read(519_999, part.AsSpan(0, 1)));
        Assert.Equal(56 + (2 * 16400), source.Fetched);
    }

    [Fact]
    public void File_FromTheEnd_AuthenticatesTheLastRecordFirst()
    {
        var plain = Message(100_000);
        var source = new Source(Encrypt(plain));
        using (var file = CobblestoneFile.Open(s_key, [], source.Bytes.Length, source.ReadAt))
        {
            var part = new byte[10];
            Assert.Equal(10, file.ReadFromEnd(50_000, part));
            Assert.Equal(plain[50_000..50_010], part);
            Assert.Equal(0, file.ReadFromEnd(0, part));
            Assert.Equal(3, file.Read(99_997, part));
            Assert.Equal(0, file.Read(long.MaxValue, part));
            Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFromEnd(100_001, part));
            Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(-1, part));
        }
        source.Bytes[^1] ^= 1;
        using (var file = CobblestoneFile.Open(s_key, [], source.Bytes.Length, source.ReadAt))
        {
            Assert.Equal(100_000, file.ClaimedLength);
            Assert.Equal(10, file.Read(50_000, new byte[10]));
            Assert.Throws<CobblestoneException>(() => file.AuthenticLength());
            Assert.Throws<CobblestoneException>(() => file.ReadFromEnd(50_000, new byte[10]));
            Assert.Throws<CobblestoneException>(() => file.Read(200_000, new byte[10]));
        }
    }

    [Fact]
    public void File_CutAtARecord_ClaimsALengthThatItCannotProve()
    {
        // 57,392 = 56 + 3 × 16,400 + 8,136: cut so that the rest is a possible length, with part of record 3 as the last.
        var source = new Source(Encrypt(Message(100_000))[..57_392]);
        using var file = CobblestoneFile.Open(s_key, [], source.Bytes.Length, source.ReadAt);
        Assert.Equal(3, Assert.Throws<CobblestoneException>(() => file.AuthenticLength()).Record);
    }

    [Fact]
    public void File_RecordAltered_ClearsWhatWasReadBefore()
    {
        var source = new Source(Encrypt(Message(100_000)));
        source.Bytes[56 + 16400 + 77] ^= 1;
        using var file = CobblestoneFile.Open(s_key, [], source.Bytes.Length, source.ReadAt);
        var part = new byte[40_000];
        Assert.Equal(1, Assert.Throws<CobblestoneException>(() => file.Read(0, part)).Record);
        Assert.Equal(-1, part.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(16384, file.Read(0, part.AsSpan(0, 16384)));
    }

    [Fact]
    public void File_ImpossibleLength_IsRefusedBeforeAnythingIsRead()
    {
        foreach (var length in new[] { -1L, 0, 55, 56, 71, 56 + 16400, 56 + 16400 + 15 })
        {
            Assert.Equal(CobblestoneFault.Truncated, Assert.Throws<CobblestoneException>(() =>
                CobblestoneFile.Open(s_key, [], length, (_, _) => throw new InvalidOperationException("read"))).Fault);
        }
    }

    [Fact]
    public void File_SourceShorterThanSaid_IsTruncated()
    {
        var source = new Source(Encrypt(Message(100))[..80]);
        using var file = CobblestoneFile.Open(s_key, [], 172, source.ReadAt);
        Assert.Equal(CobblestoneFault.Truncated, Assert.Throws<CobblestoneException>(() => file.Read(0, new byte[10])).Fault);
    }

    private static byte[] Message(int length)
    {
        var plain = new byte[length];
        new Random(length).NextBytes(plain);
        return plain;
    }

    private static byte[] Encrypt(byte[] plain)
    {
        var cipher = new byte[Cobblestone.CipherLength(plain.Length)];
        Cobblestone.Encrypt(s_key, [], plain, cipher);
        return cipher;
    }

    private sealed class Source(byte[] bytes)
    {
        public byte[] Bytes => bytes;
        public long Fetched { get; private set; }

        public int ReadAt(long offset, Span<byte> destination)
        {
            // Gives at most 10,000 bytes a time: a reader has to ask again.
            var count = (int)Math.Max(0, Math.Min(Math.Min(destination.Length, 10_000), bytes.Length - offset));
            bytes.AsSpan((int)offset, count).CopyTo(destination);
            Fetched += count;
            return count;
        }
    }

    /// <summary>A stream whose reads return fewer bytes than were asked for.</summary>
    private sealed class Trickle(Stream inner, Random random) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) =>
            inner.Read(buffer, offset, Math.Min(count, 1 + random.Next(9000)));
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
