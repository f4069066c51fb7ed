using System.Security.Cryptography;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Evidence.Encryption;
using Lucid.Gateway.Access;
using Lucid.Silo.Recording;

namespace Lucid.Silo.Clustering;

/// <summary>What the processes of a cluster ask of a silo beyond the API: to keep a session's key, as its heir, and how it is doing.</summary>
internal static class PeerApi
{
    private const int Length = SessionKey.Size + Hash256.Size;

    public const string Figures = "/cluster/figures";

    public static string KeyOf(Guid session) => $"/cluster/keys/{session:D}";

    public static byte[] Encode(SessionKey key, Hash256 salt)
    {
        var body = new byte[Length];
        var plain = key.Export();
        plain.CopyTo(body, 0);
        salt.CopyTo(body.AsSpan(SessionKey.Size));
        CryptographicOperations.ZeroMemory(plain);
        return body;
    }

    public static void MapPeers(this IEndpointRouteBuilder app)
    {
        app.MapPut("/cluster/keys/{session:guid}", AcceptAsync).RequiresPeer().ExcludeFromDescription();
        app.MapGet(Figures, (IStreamLag lag) => Results.Json(new SiloFigures(lag.Worst?.TotalMilliseconds), JsonSerializerOptions.Web)).RequiresPeer().ExcludeFromDescription();
    }

    /// <summary>Answers once the key is durable here.</summary>
    private static async Task<IResult> AcceptAsync(Guid session, HttpRequest request, KeyRing keys, CancellationToken cancellation)
    {
        if (request.ContentLength != Length)
            return TypedResults.BadRequest();
        var body = new byte[Length];
        try
        {
            await request.Body.ReadExactlyAsync(body, cancellation);
            using var key = new SessionKey(body.AsSpan(0, SessionKey.Size));
            var salt = new Hash256(body.AsSpan(SessionKey.Size));
            await Task.Run(() => keys.Accept(session, key, salt), cancellation);
            return TypedResults.NoContent();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
        }
    }
}
