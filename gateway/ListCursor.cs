using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Lists;

namespace Lucid.Gateway;

/// <summary>
/// How the API writes a <see cref="ListPosition"/>: base64url without padding of one byte for the order, its key (eight bytes of time, or two of
/// length and a name in UTF-8, or nothing where a block's height is the id), and the row's id in UTF-8. It is nobody's secret and no proof of anything: whoever makes one up begins their
/// own list in another place.
/// </summary>
internal static class ListCursor
{
    /// <summary>Of the text. A name has at most 255 characters and an id 256 bytes, which is shorter.</summary>
    public const int MaxLength = 2_048;

    private const string Cure = "send the next_cursor of the page before as it was answered, or leave cursor out to begin anew";
    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The orders by what begins their cursors. One that is not here has none.</summary>
    private static readonly (byte Mark, string Sort)[] _orders =
        [((byte)'c', "created_at"), ((byte)'u', "updated_at"), ((byte)'n', "name"), ((byte)'d', "height_desc"), ((byte)'a', "height_asc")];

    public static string Write(ListPosition place)
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(long)];
        bytes.WriteByte(_orders.Single(order => order.Sort == place.Sort).Mark);
        if (place.Sort == "name")
        {
            var name = Encoding.UTF8.GetBytes(place.Name);
            BinaryPrimitives.WriteUInt16BigEndian(number, checked((ushort)name.Length));
            bytes.Write(number[..sizeof(ushort)]);
            bytes.Write(name);
        }
        else if (IsByTime(place.Sort))
        {
            BinaryPrimitives.WriteInt64BigEndian(number, place.Time);
            bytes.Write(number);
        }
        bytes.Write(Encoding.UTF8.GetBytes(place.Id));
        return Base64Url.EncodeToString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    /// <exception cref="ApiException">It is not what <see cref="Write"/> gives.</exception>
    public static ListPosition Read(string text)
    {
        if (text.Length is 0 or > MaxLength)
            throw Malformed($"it has {text.Length} characters");
        ReadOnlySpan<byte> bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            throw Malformed("it is not base64url");
        }
        if (bytes.IsEmpty || !_orders.Any(Begins(bytes[0])))
            throw Malformed("it is of no order");
        var sort = _orders.First(Begins(bytes[0])).Sort;
        ListPosition place;
        try
        {
            place = sort == "name" ? ReadName(bytes[1..]) : IsByTime(sort) ? ReadTime(sort, bytes[1..]) : new ListPosition(sort, ReadId(bytes[1..]));
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("its text is not UTF-8");
        }
        // There is one spelling of each: blanks, padding and stray last bits are no part of any that was answered.
        return Write(place) == text ? place : throw Malformed("it is written in another way than it was answered");
    }

    /// <param name="what">What is wrong with it.</param>
    public static ApiException Malformed(string what) => new(ErrorTable.BadFormat, $"cursor: {what}; {Cure}.");

    private static bool IsByTime(string sort) => sort is "created_at" or "updated_at";

    private static Func<(byte Mark, string Sort), bool> Begins(byte mark) => order => order.Mark == mark;

    private static ListPosition ReadName(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16BigEndian(bytes) is var length && bytes.Length < sizeof(ushort) + length)
            throw Malformed("it is cut off");
        return new ListPosition("name", ReadId(bytes[(sizeof(ushort) + length)..])) { Name = _strict.GetString(bytes.Slice(sizeof(ushort), length)) };
    }

    private static ListPosition ReadTime(string sort, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(long))
            throw Malformed("it is cut off");
        var time = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (time < EarliestTime || time > LatestTime)
            throw Malformed("its time is none");
        return new ListPosition(sort, ReadId(bytes[sizeof(long)..])) { Time = time };
    }

    private static string ReadId(ReadOnlySpan<byte> bytes) => bytes.Length is >= 1 and <= 256 ? _strict.GetString(bytes) : throw Malformed("it names no row");

    private static long EarliestTime => Microseconds(DateTime.MinValue);
    private static long LatestTime => Microseconds(DateTime.MaxValue);
    private static long Microseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
