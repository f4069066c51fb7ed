namespace Lucid.Cli.Asciicast;

/// <summary>What a person may ask of the player.</summary>
internal enum PlayerKey
{
    None,
    Pause,
    Quit,
    Forward,
    Back,
    Faster,
    Slower,
}

/// <summary>Turns typed bytes into keys: space, q, Ctrl-C and the arrows.</summary>
internal static class PlayerKeys
{
    public static IEnumerable<PlayerKey> Parse(byte[] typed)
    {
        for (var i = 0; i < typed.Length; i++)
        {
            if (typed[i] == 0x1b && i + 2 < typed.Length && typed[i + 1] is (byte)'[' or (byte)'O')
            {
                i += 2;
                yield return typed[i] switch
                {
                    (byte)'A' => PlayerKey.Faster,
                    (byte)'B' => PlayerKey.Slower,
                    (byte)'C' => PlayerKey.Forward,
                    (byte)'D' => PlayerKey.Back,
                    _ => PlayerKey.None,
                };
                continue;
            }
            yield return typed[i] switch
            {
                (byte)' ' => PlayerKey.Pause,
                (byte)'q' or 3 => PlayerKey.Quit,
                _ => PlayerKey.None,
            };
        }
    }
}
