using System.Buffers;
using Lucid.Evidence.Tiles;

namespace Lucid.Evidence.Tests.Tiles;

public sealed class EntryBundleTests
{
    [Fact]
    public void Parse_WhatWasAppended_GivesTheEntriesBack()
    {
        byte[][] entries = [[], [1], new byte[EntryBundle.MaxEntryBytes], [2, 3]];
        var bundle = Bundle(entries);
        Assert.Equal(entries, EntryBundle.Parse(bundle, entries.Length).Select(entry => entry.ToArray()));
    }

    [Fact]
    public void Parse_CutAnywhereOrLongerOrAnotherWidth_IsRefused()
    {
        var bundle = Bundle([[1, 2, 3], [4]]);
        for (var length = 0; length < bundle.Length; length++)
            Assert.Throws<MalformedException>(() => EntryBundle.Parse(bundle.AsMemory(0, length), 2));
        Assert.Throws<MalformedException>(() => EntryBundle.Parse((byte[])[.. bundle, 0], 2));
        Assert.Throws<MalformedException>(() => EntryBundle.Parse(bundle, 1));
        Assert.Throws<MalformedException>(() => EntryBundle.Parse(bundle, 3));
    }

    [Fact]
    public void Append_EntryBeyondTheLimit_IsRefused() =>
        Assert.Throws<ArgumentException>(() => EntryBundle.Append(new ArrayBufferWriter<byte>(), new byte[EntryBundle.MaxEntryBytes + 1]));

    private static byte[] Bundle(byte[][] entries)
    {
        var bundle = new ArrayBufferWriter<byte>();
        foreach (var entry in entries)
            EntryBundle.Append(bundle, entry);
        return bundle.WrittenSpan.ToArray();
    }
}
