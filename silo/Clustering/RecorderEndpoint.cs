using System.Security.Cryptography;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Recording;

namespace Lucid.Silo.Clustering;

/// <summary>Where the others of the cluster reach this silo's recorder, from the moment that its web server listens.</summary>
internal sealed class RecorderEndpoint(string name)
{
    private volatile RecorderAddress? _address;

    /// <summary>Made anew at each start: 256 random bits.</summary>
    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <exception cref="GrainUnreachableException">It does not listen yet.</exception>
    public RecorderAddress Address => _address ?? throw new GrainUnreachableException($"recorder/{name}", "it is starting");

    public void Listens(string url) => _address = new RecorderAddress(url.TrimEnd('/'), Token);
}
