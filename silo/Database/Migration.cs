using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Lucid.Silo.Database;

/// <summary>One step of the schema: SQL that runs once in a database's life and whose text therefore never changes afterwards.</summary>
/// <param name="Version">From 1, without holes.</param>
/// <param name="Name">The file's name without its number and ending.</param>
public sealed record Migration(int Version, string Name, string Text)
{
    private const string Folder = "Migrations/";

    /// <summary>Those of this Lucid, in their order.</summary>
    public static ImmutableArray<Migration> All { get; } = Load();

    /// <summary>What SQL cannot do of it, run behind the text and in the same transaction.</summary>
    public Func<NpgsqlConnection, CancellationToken, Task>? Fill { get; init; }

    /// <summary>Of the text with Unix line ends, so that how a checkout writes them does not matter.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n"))));

    public override string ToString() => $"{Version:0000}-{Name}";

    private static ImmutableArray<Migration> Load()
    {
        var assembly = typeof(Migration).Assembly;
        var migrations = ImmutableArray.CreateBuilder<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var name = Path.GetFileNameWithoutExtension(resource[Folder.Length..]);
            var version = int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
            if (version != migrations.Count + 1)
                throw new InvalidOperationException($"Migration {name} does not follow number {migrations.Count}.");
            migrations.Add(new Migration(version, name[5..], reader.ReadToEnd()) { Fill = version switch { 4 => SessionWordsFill.RunAsync, 5 => SessionSumsFill.RunAsync, _ => null } });
        }
        return migrations.ToImmutable();
    }
}
