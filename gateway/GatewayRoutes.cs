namespace Lucid.Gateway;

/// <summary>Where the API lies.</summary>
internal static class GatewayRoutes
{
    public const string Base = "/api/v1";
}
