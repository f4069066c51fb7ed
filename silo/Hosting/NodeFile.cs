using System.Diagnostics;
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

    /// <summary>What the running node says of itself; null where none has said anything, or the one that did has died.</summary>
    public static NodeFile? Find(DataFolder folder)
    {
        try
        {
            var found = JsonSerializer.Deserialize<NodeFile>(File.ReadAllBytes(folder.NodeFile), _json);
            using var process = found is null ? null : Process.GetProcessById(found.Pid);
            return found;
        }
        // A file left by a killed node names a process that is gone; one that is damaged names nothing.
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or ArgumentException)
        {
            return null;
        }
    }

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
