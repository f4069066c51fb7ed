using System.Text;

namespace Lucid.Evidence.Records;

/// <summary>
/// What free text in a record may be: UTF-8 without control characters, so that it fits one line, prints as it is, and has one encoding.
/// </summary>
internal static class RecordText
{
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Why <paramref name="text"/> is not acceptable, or null when it is.</summary>
    public static string? Problem(string text, int minBytes, int maxBytes)
    {
        int bytes;
        try
        {
            bytes = _strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return "it holds half of a surrogate pair";
        }
        if (bytes < minBytes || bytes > maxBytes)
            return $"it has {bytes} bytes of UTF-8, allowed are {minBytes} to {maxBytes}";
        foreach (var character in text)
        {
            if (char.IsControl(character))
                return $"it holds the control character U+{(int)character:X4}";
        }
        return null;
    }
}
