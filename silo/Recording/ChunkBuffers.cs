using Lucid.Silo.Storage;

namespace Lucid.Silo.Recording;

/// <summary>
/// The buffers that chunks pass through, in a few sizes, so that one serves the next chunk whatever its length. The shared array pool keeps
/// arrays for each thread, and what it kept of 16 MiB each was bounded by nobody; here what waits to be used again is bounded, and given
/// back to the system once it was not needed for a while.
/// </summary>
public sealed class ChunkBuffers : IDisposable
{
    // Ciphertext from here on begins where the disk can take it from memory as it is; for less than that it is not worth the bytes before it.
    private const int AlignedFrom = 1024 * 1024;

    // Each a little more than a round length, for what compression, encryption and alignment add to it.
    private static readonly int[] _sizes =
        [.. new[] { 4, 16, 64, 256, 1024, 3 * 1024, 10 * 1024 }.Select(kib => (kib * 1024) + (kib * 2) + 1024 + PaddingFor(kib * 1024))];
    private static readonly TimeSpan _while = TimeSpan.FromSeconds(20);

    private readonly long _most;
    private readonly Lock _gate = new();
    private readonly Shelf[] _shelves = [.. _sizes.Select(_ => new Shelf())];
    private readonly ITimer _trimming;
    private long _kept;

    /// <param name="most">Bytes that may wait unused.</param>
    public ChunkBuffers(long most, TimeProvider clock)
    {
        _most = most;
        _trimming = clock.CreateTimer(_ => Trim(), null, _while, _while);
    }

    /// <summary>Bytes that wait to be used again.</summary>
    public long Kept
    {
        get
        {
            lock (_gate)
                return _kept;
        }
    }

    /// <summary>The size of the buffer that is given to whoever wants <paramref name="length"/> bytes, at most those of an encrypted chunk.</summary>
    public static int SizeOf(int length) => _sizes[ShelfOf(length)];

    /// <summary>The size of the buffer that is given to whoever wants to write <paramref name="length"/> bytes of ciphertext to the disk.</summary>
    public static int SizeOfCipher(int length) => SizeOf(length + PaddingFor(length));

    /// <summary>A buffer for ciphertext, and where in it that is to begin.</summary>
    public (byte[] Buffer, int Start) RentForCipher(int length)
    {
        var buffer = Rent(length + PaddingFor(length));
        return (buffer, PaddingFor(length) == 0 ? 0 : DirectWrite.StartIn(buffer));
    }

    /// <summary>A buffer of at least that length, with whatever is in it.</summary>
    public byte[] Rent(int length)
    {
        var shelf = _shelves[ShelfOf(length)];
        lock (_gate)
        {
            if (shelf.Unused.TryPop(out var buffer))
            {
                _kept -= buffer.Length;
                shelf.Fewest = Math.Min(shelf.Fewest, shelf.Unused.Count);
                return buffer;
            }
        }
        // Pinned, because it is kept and given to the system for as long as it lives; and so it stays aligned.
        return GC.AllocateUninitializedArray<byte>(SizeOf(length), pinned: true);
    }

    /// <summary>Takes a buffer back. Whoever returns it has made sure that no plaintext is left in it.</summary>
    public void Return(byte[] buffer)
    {
        lock (_gate)
        {
            if (_kept + buffer.Length > _most)
                return;
            _shelves[ShelfOf(buffer.Length)].Unused.Push(buffer);
            _kept += buffer.Length;
        }
    }

    public void Dispose() => _trimming.Dispose();

    /// <summary>Lets go of what nobody has needed since the last time.</summary>
    private void Trim()
    {
        long let = 0;
        lock (_gate)
        {
            foreach (var shelf in _shelves)
            {
                for (; shelf.Fewest > 0; shelf.Fewest--)
                    let += shelf.Unused.Pop().Length;
                shelf.Fewest = shelf.Unused.Count;
            }
            _kept -= let;
        }
        // An idle node has no other reason to collect, and would hold them for ever.
        if (let > 1 << 20)
            GC.Collect(2, GCCollectionMode.Forced, blocking: false);
    }

    private static int PaddingFor(int length) => length >= AlignedFrom ? DirectWrite.Alignment : 0;

    private static int ShelfOf(int length)
    {
        var shelf = Array.FindIndex(_sizes, size => size >= length);
        return shelf >= 0 ? shelf : throw new ArgumentOutOfRangeException(nameof(length), length, "More than a chunk needs.");
    }

    private sealed class Shelf
    {
        public readonly Stack<byte[]> Unused = new();

        /// <summary>How many lay here at least, since the last look.</summary>
        public int Fewest;
    }
}
