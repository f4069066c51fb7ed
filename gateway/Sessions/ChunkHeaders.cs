using System.Globalization;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Lucid.Gateway.Sessions;

/// <summary>
/// The headers Lucid-Lease, Lucid-Chunk-Time and Lucid-Track. Numbers are plain decimals: no sign, no leading zero, no space.
/// </summary>
internal static class ChunkHeaders
{
    public const string Lease = "Lucid-Lease";
    public const string ChunkTime = "Lucid-Chunk-Time";
    public const string Track = "Lucid-Track";
    public const string Repeated = "Lucid-Repeated";

    /// <summary>What a chunk's headers say of it.</summary>
    /// <exception cref="ApiException">One of them is missing or malformed, or the body is announced as too large or encoded.</exception>
    public static ChunkUpload Read(Caller caller, Guid session, ulong index, HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.ContentEncoding.Count > 0 && headers.ContentEncoding != "identity")
            throw new ApiException(ErrorTable.UnsupportedMediaType, $"A chunk is sent as it is, not with Content-Encoding: {headers.ContentEncoding}.");
        if (request.ContentLength > ChunkLimits.MaxPlainBytes)
            throw new ApiException(ErrorTable.ChunkTooLarge, $"The chunk has {request.ContentLength} bytes; at most {ChunkLimits.MaxPlainBytes} are allowed.");
        return new ChunkUpload(
            caller, session, index, ReadLease(headers), ReadTrack(headers[Track]), ReadTimes(headers[ChunkTime]), request.ContentLength,
            ContentDigest.Parse(headers["Content-Digest"]));
    }

    /// <summary>The lease that create or resume answered.</summary>
    /// <exception cref="ApiException">Missing or malformed.</exception>
    public static long ReadLease(IHeaderDictionary headers)
    {
        var header = headers[Lease];
        if (header.Count == 0)
            throw new ApiException(ErrorTable.MissingField, $"{Lease} is missing: the lease that creating or resuming the session answered.");
        return ReadNumber(Single(Lease, header), out var lease) && lease > 0
            ? lease
            : throw Malformed(Lease, header, "a whole number from 1, such as 1");
    }

    internal static int ReadTrack(StringValues header)
    {
        if (header.Count == 0)
            return 0;
        if (!ReadNumber(Single(Track, header), out var track))
            throw Malformed(Track, header, "a whole number, such as 0");
        return track <= SessionLimits.MaxTrack
            ? (int)track
            : throw new ApiException(ErrorTable.OutOfRange, $"{Track} is {track}; choose 0 to {SessionLimits.MaxTrack}.");
    }

    internal static ChunkTimes? ReadTimes(StringValues header)
    {
        if (header.Count == 0)
            return null;
        var text = Single(ChunkTime, header);
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !ReadNumber(text.AsSpan(0, comma), out var start) || !ReadNumber(text.AsSpan(comma + 1), out var end))
            throw Malformed(ChunkTime, header, "<start ms>,<end ms>, such as 0,5000");
        return start <= end
            ? new ChunkTimes(start, end)
            : throw new ApiException(ErrorTable.OutOfRange, $"{ChunkTime} ends at {end}, before it starts at {start}.");
    }

    private static string Single(string name, StringValues header) =>
        header is [{ } only] ? only : throw Malformed(name, header, "sent once");

    private static bool ReadNumber(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        return !(text.Length > 1 && text[0] == '0') && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static ApiException Malformed(string name, StringValues found, string expected)
    {
        var text = found.ToString();
        return new(ErrorTable.BadFormat, $"{name} has to be {expected}, not '{(text.Length <= 64 ? text : text[..64] + "…")}'.");
    }
}
