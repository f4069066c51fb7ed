namespace Lucid.Silo.Tests.Node;

/// <summary>What can happen to a file.</summary>
public enum Damage
{
    Flip,
    Truncate,
    Empty,
    Delete,
    Garbage,
    Swap,
}

/// <summary>Damages files, the same way each time.</summary>
internal static class DamageDone
{
    /// <param name="other">A good file of the same kind, for <see cref="Damage.Swap"/>.</param>
    public static void Do(this Damage damage, string path, string? other = null)
    {
        var bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case Damage.Flip:
                bytes[bytes.Length * 2 / 3] ^= 1;
                Overwrite(bytes);
                break;
            case Damage.Truncate:
                Overwrite(bytes.AsSpan(0, bytes.Length / 2));
                break;
            case Damage.Empty:
                Overwrite([]);
                break;
            case Damage.Delete:
                File.Delete(path);
                break;
            case Damage.Garbage:
                new Random(bytes.Length).NextBytes(bytes);
                Overwrite(bytes);
                break;
            case Damage.Swap:
                Overwrite(File.ReadAllBytes(other!));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(damage), damage, null);
        }

        // In place, so that the mode stays and a node that has the file open sees it too.
        void Overwrite(ReadOnlySpan<byte> content)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.SetLength(content.Length);
            file.Write(content);
        }
    }
}
