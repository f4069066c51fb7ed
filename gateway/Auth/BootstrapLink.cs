using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Lucid.Evidence;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;

namespace Lucid.Gateway.Auth;

/// <summary>The secret by which whoever started a network for the first time chooses its first super administrator.</summary>
public static class BootstrapLink
{
    private const int SecretBytes = 24;

    /// <summary>Begins it where nobody has. Its secret is told to whoever started the process, and kept by nobody.</summary>
    /// <returns>Null where it was begun before.</returns>
    public static async Task<string?> BeginAsync(IGrains grains)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return await grains.Get<IDoorGrain>(IDoorGrain.Key).BeginBootstrapAsync(HashOf(secret)) ? secret : null;
    }

    internal static Hash256 HashOf(string secret) => Hash256.Of(Encoding.UTF8.GetBytes(secret));
}
