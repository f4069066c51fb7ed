using System.Reflection;

namespace Lucid.Gateway.Meta;

/// <summary>What this build calls itself.</summary>
internal static class ProductVersion
{
    public const string Service = "gateway";

    /// <summary>The version, without the commit that some builds append after a plus sign.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
