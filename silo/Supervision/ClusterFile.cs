using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Supervision;

/// <param name="Silo">Where other silos call it.</param>
/// <param name="Gateway">Where gateways call it.</param>
/// <param name="Recorder">Where gateways bring it bytes, over HTTP.</param>
internal sealed record SiloPorts(string Name, int Silo, int Gateway, int Recorder)
{
    public IEnumerable<int> All() => [Silo, Gateway, Recorder];
}

/// <summary>The ports of a cluster on one machine: chosen once, so that a silo that comes back is where the others look for it.</summary>
/// <param name="Silos">silo-1 and so on. More than run, where the cluster was larger once.</param>
internal sealed record ClusterFile(ImmutableArray<SiloPorts> Silos)
{
    // Below those that the system hands out to outgoing connections, which would take a silo's while it is down.
    private const int LowestPort = 20_000;
    private const int HighestPort = 32_000;
    private const int Attempts = 1_000;

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>What was chosen before; nothing where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged. The message names it, and the cure.</exception>
    public static ClusterFile Read(string path)
    {
        if (!File.Exists(path))
            return new ClusterFile([]);
        try
        {
            var read = JsonSerializer.Deserialize<ClusterFile>(File.ReadAllBytes(path), _json);
            if (read is { Silos.IsDefault: false } && read.Silos.Index().All(silo => silo.Item?.Name == NameOf(silo.Index + 1) && silo.Item.All().All(port => port is > 0 and <= ushort.MaxValue)))
                return read;
        }
        catch (JsonException)
        {
            // Said below: what it is instead does not matter.
        }
        throw new InvalidDataException($"{path} holds no ports of silos. Delete the file, and the next start chooses new ones.");
    }

    public void Write(string path) => DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, _json));

    public static string NameOf(int silo) => $"silo-{silo}";

    /// <summary>With ports for so many silos: those that were chosen before and are free, and new ones.</summary>
    /// <param name="isFree">Whether nobody listens there.</param>
    /// <param name="chance">At least the first number, below the second.</param>
    /// <returns>The same where nothing had to be chosen.</returns>
    public ClusterFile For(int silos, Func<int, bool> isFree, Func<int, int, int> chance)
    {
        var taken = Silos.SelectMany(silo => silo.All()).ToHashSet();
        var chosen = Silos.ToBuilder();
        for (var i = 0; i < silos; i++)
        {
            if (i == chosen.Count)
                chosen.Add(new SiloPorts(NameOf(i + 1), Choose(), Choose(), Choose()));
            else if (!chosen[i].All().All(isFree))
                chosen[i] = new SiloPorts(chosen[i].Name, Keep(chosen[i].Silo), Keep(chosen[i].Gateway), Keep(chosen[i].Recorder));
        }
        return chosen.SequenceEqual(Silos) ? this : new ClusterFile(chosen.ToImmutable());

        int Keep(int port) => isFree(port) ? port : Choose();

        int Choose()
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var port = chance(LowestPort, HighestPort);
                if (!taken.Contains(port) && isFree(port) && taken.Add(port))
                    return port;
            }
            throw new IOException($"No port between {LowestPort} and {HighestPort} is free.");
        }
    }

    /// <summary>Whether this process could listen there, on loopback.</summary>
    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
