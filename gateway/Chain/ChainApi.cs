using Lucid.Gateway.Access;
using Lucid.Gateway.Limits;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Chain;

/// <summary>The ledger as a whole.</summary>
internal static class ChainApi
{
    public static void MapChain(this IEndpointRouteBuilder api)
    {
        var chain = api.MapGroup("/chain").WithTags("Chain").Requires(Permission.ViewLedger, orSessionToken: true).LimitedTo(RateLimit.ChainQueries);
        chain.MapGet("/info", InfoAsync);
        chain.MapGet("/status", StatusAsync);
        chain.MapGet("/validators", ValidatorsAsync).ProducesText();
        chain.MapGet("/genesis", GenesisAsync).ProducesText();
    }

    /// <summary>Describe the ledger</summary>
    internal static async Task<Ok<ChainInfo>> InfoAsync(IGrains grains, GatewayOptions options) =>
        TypedResults.Ok(await grains.Chain(options).InfoAsync());

    /// <summary>See whether the ledger moves</summary>
    /// <remarks>healthy, or waiting with the reason.</remarks>
    internal static async Task<Ok<ChainStatus>> StatusAsync(IGrains grains, GatewayOptions options) =>
        TypedResults.Ok(await grains.Chain(options).StatusAsync());

    /// <summary>Read the validator set</summary>
    /// <remarks>What lucid trust add takes.</remarks>
    internal static async Task<FileContentHttpResult> ValidatorsAsync(IGrains grains, GatewayOptions options) =>
        TypedResults.Bytes(await grains.Chain(options).ValidatorsAsync(), ContentTypes.Text);

    /// <summary>Read the genesis file</summary>
    /// <remarks>Its SHA-256 is the network's id.</remarks>
    internal static async Task<FileContentHttpResult> GenesisAsync(IGrains grains, GatewayOptions options) =>
        TypedResults.Bytes(await grains.Chain(options).GenesisAsync(), ContentTypes.Text);

    /// <summary>The ledger that is shown.</summary>
    public static IChainGrain Chain(this IGrains grains, GatewayOptions options) => grains.Get<IChainGrain>(options.Ledger);
}
