using Lucid.Evidence.Audit;
using Lucid.Gateway.Access;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Recorders;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Keys;

/// <summary>The recorder's key-encryption keys.</summary>
internal static class KeysApi
{
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/keys").WithTags("Keys").Needs(DiskOf.NamedRecorder).Requires(Permission.ManageRecorderKeys);
        keys.MapPost("/rotate", RotateAsync).Audits(AuditKind.KeyRotation, "keys_rotate", "keys");
        keys.MapGet("/recovery", RecoveryAsync).Audits(AuditKind.DataAccess, "recovery_key_export", "keys", severity: AuditSeverity.Critical).ProducesText();
    }

    /// <summary>Rotate the recorder's key</summary>
    /// <remarks>Wraps every session's key under a new one before the old wrappers go. Recording goes on meanwhile.</remarks>
    internal static async Task<Ok<KeyRotation>> RotateAsync(IKeyKeeper keys, CancellationToken cancellation) =>
        TypedResults.Ok(await keys.RotateAsync(cancellation));

    /// <summary>Read the recovery key</summary>
    /// <remarks>With a copy of the wrapped session keys (DIR/keys/sessions) it opens every recording of this node: keep both offline, away from its disk.</remarks>
    internal static async Task<FileContentHttpResult> RecoveryAsync(IKeyKeeper keys, HttpResponse response, CancellationToken cancellation)
    {
        response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(await keys.RecoveryKeyAsync(cancellation), ContentTypes.Text);
    }
}
