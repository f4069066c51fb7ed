namespace Lucid.Evidence.Records;

/// <summary>Why a stretch of time was not recorded.</summary>
public enum GapCause
{
    /// <summary>The session was paused by someone who may.</summary>
    Paused,

    /// <summary>A chunk that was announced by a later index never arrived.</summary>
    Lost,

    /// <summary>The recording side stopped without closing the session.</summary>
    RecorderCrash,

    /// <summary>The node that should have stored it was not running.</summary>
    NodeDown,

    /// <summary>The node could not keep up, or had no room left.</summary>
    Overload,
}

/// <summary>The causes as records and JSON write them: snake_case.</summary>
public static class GapCauses
{
    private static readonly string[] _names = ["paused", "lost", "recorder_crash", "node_down", "overload"];

    /// <summary>The name of <paramref name="cause"/>: paused, lost, recorder_crash, node_down or overload.</summary>
    public static string Name(this GapCause cause) =>
        Enum.IsDefined(cause) ? _names[(int)cause] : throw new ArgumentOutOfRangeException(nameof(cause), cause, "No such cause of a gap.");

    /// <summary>The cause of that name.</summary>
    /// <returns>False when there is no such name.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out GapCause cause)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (name.SequenceEqual(_names[i]))
            {
                cause = (GapCause)i;
                return true;
            }
        }
        cause = default;
        return false;
    }
}
