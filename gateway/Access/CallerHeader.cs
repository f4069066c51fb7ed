using System.Text.Json;
using Lucid.Gateway.Errors;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.Extensions.Primitives;

namespace Lucid.Gateway.Access;

/// <summary>
/// On whose behalf one process of a cluster calls another. Read only where none but those processes call, which the token of the process
/// proves; what a client sends of that name goes no further than the gateway.
/// </summary>
public static class CallerHeader
{
    public const string Name = "Lucid-Caller";

    /// <summary>ASCII: whatever else is in a subject is escaped.</summary>
    public static string Write(Caller caller) => JsonSerializer.Serialize(caller, GrainJson.Options);

    /// <summary>Without one the process itself calls.</summary>
    /// <exception cref="ApiException">It is malformed.</exception>
    public static Caller Read(StringValues header)
    {
        try
        {
            return header switch
            {
                [] => Caller.Lucid,
                [{ Length: > 0 } text] when JsonSerializer.Deserialize<Caller>(text, GrainJson.Options) is { Subject.Length: > 0 } caller && Enum.IsDefined(caller.Role) => caller,
                _ => throw Malformed(),
            };
        }
        catch (JsonException)
        {
            throw Malformed();
        }
    }

    private static ApiException Malformed() => new(ErrorTable.BadFormat, $"{Name} is not what a process of this cluster writes there.");
}
