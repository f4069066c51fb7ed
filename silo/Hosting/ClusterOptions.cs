namespace Lucid.Silo.Hosting;

/// <summary>How a silo or a gateway finds its cluster, and how it is reached there. Read with the engine `orleans` only.</summary>
public sealed record ClusterOptions
{
    /// <summary>The cluster's name, the same on all of its silos and gateways: 1 to 63 of a-z, 0-9, '.', '_' and '-'; default lucid.</summary>
    public string Id { get; init; } = "lucid";

    /// <summary>The name of the silo that holds the ledger, the same on all silos and gateways; default silo-1.</summary>
    public string Ledger { get; init; } = "silo-1";

    /// <summary>PostgreSQL connection string. Secret. This or <see cref="DatabaseFile"/> is required.</summary>
    public string? Database { get; init; }

    /// <summary>A file that holds the connection string and nothing else, so that the secret stands in no configuration.</summary>
    public string? DatabaseFile { get; init; }

    /// <summary>The IP address at which other silos and gateways reach this one; default 127.0.0.1. Anything but loopback needs certificates.</summary>
    public string Advertise { get; init; } = "127.0.0.1";

    /// <summary>Where silos call each other: 1 to 65,535, default 11,111; 0, a free one, on loopback only.</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>Where gateways call this silo: 1 to 65,535, default 30,000; 0, a free one, on loopback only.</summary>
    public int GatewayPort { get; init; } = 30_000;

    /// <summary>How long a silo may take to answer a probe before it is suspected dead: 0.5 to 30 s, default 1.5 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>PEM file of this process's certificate, for mutual TLS with the others.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of that certificate's private key.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>PEM file of the authority that signed the certificates of all silos and gateways; no other is trusted.</summary>
    public string? Authority { get; init; }

    /// <summary>
    /// Where this silo's recorder takes the bytes of chunks from gateways, and answers /health/live; default http://127.0.0.1:0, a free
    /// port. Plaintext travels here, so that off loopback it has to be https.
    /// </summary>
    public string RecorderUrl { get; init; } = "http://127.0.0.1:0";

    /// <summary>How long a caller waits for a grain's answer: 1 s to 10 min, default 30 s.</summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls that may wait for one grain: 10 to 1,000,000, default 1,000.</summary>
    public int MailboxLimit { get; init; } = 1_000;

    /// <summary>The connection string, from whichever of the two options has it.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read, or is empty. The message names it, and never the secret.</exception>
    public string ReadDatabase()
    {
        if (Database is not null)
            return Database;
        if (DatabaseFile is null)
            throw new InvalidOperationException("The options were not checked: neither cluster.database nor cluster.databaseFile is given.");
        string text;
        try
        {
            text = File.ReadAllText(DatabaseFile).Trim();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"cluster.databaseFile cannot be read: {refused.Message} It holds the PostgreSQL connection string", refused);
        }
        return text.Length > 0
            ? text
            : throw new InvalidDataException($"{DatabaseFile} is empty; as cluster.databaseFile it holds the PostgreSQL connection string");
    }

    /// <summary>Without the connection string, so that no log ever shows it.</summary>
    public override string ToString() => $"cluster {Id}, advertised at {Advertise}";
}
