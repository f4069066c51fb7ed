namespace Lucid.Evidence.Tests.Compression;

/// <summary>Contents that compress differently, the same at each call.</summary>
internal static class Content
{
    public static byte[] Random(int length)
    {
        var content = new byte[length];
        new Random(11).NextBytes(content);
        return content;
    }

    public static byte[] Text(int length)
    {
        var random = new Random(12);
        byte[] Word() => [.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => (byte)random.Next('a', 'z')), (byte)' '];
        var words = Enumerable.Range(0, 500).Select(_ => Word()).ToArray();
        var content = new MemoryStream(length + 10);
        while (content.Length < length)
            content.Write(words[random.Next(1 + random.Next(words.Length))]);
        return content.ToArray()[..length];
    }

    /// <summary>Runs of 2,000 bytes, in turn random and text.</summary>
    public static byte[] HalfRandom(int length)
    {
        var content = Random(length);
        var text = Text(length);
        for (var i = 0; i < length; i++)
        {
            if (i / 2000 % 2 == 0)
                content[i] = text[i];
        }
        return content;
    }

    public static byte[] Repeated(int length, int period)
    {
        var pattern = Random(period);
        return [.. Enumerable.Range(0, length).Select(i => pattern[i % period])];
    }
}
