using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lucid.Evidence;
using Lucid.Silo.Storage;

namespace Lucid.Silo.Hosting;

/// <summary>What a running node leaves in its data directory for programs on the same machine: where it listens, and the token.</summary>
public sealed record NodeFile(string Url, int Pid, Hash256 Network, string Recorder, DateTimeOffset StartedAt)
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public void Write(DataFolder folder) =>
        DurableFile.Write(folder.NodeFile, JsonSerializer.SerializeToUtf8Bytes(this, _json), DurableFile.OwnerOnly);

    /// <summary>32 to 512 characters of printable ASCII without spaces.</summary>
    public static bool IsToken(string text) => text.Length is >= 32 and <= 512 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>The API's token; made by the first start, 256 random bits.</summary>
    /// <exception cref="InvalidDataException">The file holds something else. The message names it.</exception>
    public static string ReadOrMakeToken(DataFolder folder)
    {
        if (!File.Exists(folder.Token))
            DurableFile.Create(folder.Token, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n"), DurableFile.OwnerOnly);
        var token = File.ReadAllText(folder.Token).Trim();
        // Not quoted: a token that somebody cut short is still most of a secret.
        return IsToken(token)
            ? token
            : throw new InvalidDataException(
                $"{folder.Token} holds no token: it has to be 32 to 512 characters of printable ASCII without spaces. Delete the file, and the next start makes a new one.");
    }
}
