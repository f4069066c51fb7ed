using System.Collections;
using System.Text.Json;
using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Embedded.Calls;

/// <summary>Sends values through JSON and back, as another process would, and refuses what changes on the way.</summary>
internal static class RoundTrip
{
    public static object? Copy(object? value, Type type)
    {
        if (value is null or CancellationToken)
            return value;
        try
        {
            var sent = JsonSerializer.SerializeToUtf8Bytes(value, type, GrainJson.Options);
            var copy = JsonSerializer.Deserialize(sent, type, GrainJson.Options);
            // What a constructor drops comes back shorter the second time.
            var again = JsonSerializer.SerializeToUtf8Bytes(copy, type, GrainJson.Options);
            return sent.AsSpan().SequenceEqual(again)
                ? copy
                : throw new GrainContractException($"{type} does not come back from JSON as it was: {Text(sent)} became {Text(again)}.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new GrainContractException($"{type} cannot travel as JSON: {e.Message}", e);
        }
    }

    /// <summary>A declared exception as the other side would make it anew: from its message, with the simple values of its Data.</summary>
    public static Exception Copy(Exception exception)
    {
        if (exception is not GrainException)
            return exception;
        var type = exception.GetType();
        if (type.GetConstructor([typeof(string)]) is not { } constructor)
            return new GrainContractException($"{type} has no public constructor with a message, so no other process can make it anew.", exception);
        var copy = (Exception)constructor.Invoke([exception.Message]);
        foreach (DictionaryEntry entry in exception.Data)
        {
            if (entry.Key is not string || entry.Value is not (null or string or bool or int or long or ulong or double or Guid))
                return new GrainContractException($"{type}.Data[\"{entry.Key}\"] is a {entry.Value?.GetType()}; only simple values travel.", exception);
            copy.Data[entry.Key] = entry.Value;
        }
        return copy;
    }

    private static string Text(byte[] json) => System.Text.Encoding.UTF8.GetString(json, 0, Math.Min(json.Length, 400));
}
