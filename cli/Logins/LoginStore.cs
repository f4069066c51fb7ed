using System.Text.Json;
using Lucid.Cli.Node;
using Lucid.Cli.Output;

namespace Lucid.Cli.Logins;

/// <summary>The logins of this user of the machine: a file for each host and port, readable by its owner alone (mode 600).</summary>
/// <param name="directory">Made when it is needed (mode 700).</param>
internal sealed class LoginStore(string directory)
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>How long another command may take to renew a login: it asks the node once.</summary>
    private static readonly TimeSpan LockedWithin = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(20);

    /// <summary>That of whoever runs the command, whatever node it is about.</summary>
    public static LoginStore Of(Surroundings surroundings) => new(Path.Combine(surroundings.Home, "logins"));

    public string PathOf(Uri url) => Path.Combine(directory, $"{url.IdnHost.Replace(':', '_')}_{url.Port}.json");

    /// <summary>The login of a node; null where nobody is signed in there.</summary>
    /// <exception cref="CliException">The file is damaged, or cannot be read.</exception>
    public StoredLogin? Read(Uri url)
    {
        var path = PathOf(url);
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw Damaged(path, url, null);
            var login = JsonSerializer.Deserialize<StoredLogin>(File.ReadAllBytes(path), NodeJson.Options);
            if (login is not { AccessToken.Length: > 0, RefreshToken.Length: > 0 })
                throw Damaged(path, url, null);
            // What was got over TLS is not shown without it, on the same port.
            return login.Origin == StoredLogin.OriginOf(url) ? login : null;
        }
        catch (JsonException e)
        {
            throw Damaged(path, url, e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The login in '{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
    }

    /// <summary>Durable before it returns. Only whoever holds <see cref="LockAsync"/> writes.</summary>
    public Task WriteAsync(Uri url, StoredLogin login, CancellationToken cancellation) =>
        WholeFile.WriteAsync(PathOf(url), JsonSerializer.SerializeToUtf8Bytes(login, NodeJson.Options), cancellation, secret: true);

    /// <summary>Harmless where there is none.</summary>
    public void Delete(Uri url)
    {
        if (Directory.Exists(directory))
            File.Delete(PathOf(url));
    }

    /// <summary>
    /// Keeps all other commands from changing the login until it is disposed: a refresh token is good once, and two that exchange the
    /// same one end the login.
    /// </summary>
    /// <exception cref="CliException">Another command does not let go of it.</exception>
    public async Task<IDisposable> LockAsync(Uri url, TimeProvider clock, CancellationToken cancellation)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(directory);
            else
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The folder of logins, '{directory}', cannot be made: {Plain.Reason(e)}.", e);
        }
        var path = Path.ChangeExtension(PathOf(url), "lock");
        for (var began = clock.GetTimestamp(); ;)
        {
            try
            {
                // The system lets go of it when the process ends, however it ends. The file stays: whoever removed it would unlock another's.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new CliException($"'{path}' cannot be written: {Plain.Reason(e)}.", e);
            }
            catch (IOException e) when (clock.GetElapsedTime(began) >= LockedWithin)
            {
                throw new CliException(
                    $"Another command has been renewing the login at {StoredLogin.OriginOf(url)} for {LockedWithin.TotalSeconds:0} s ('{path}' is locked): wait for it, or end it.", e, ExitCode.CheckFailed);
            }
            catch (IOException)
            {
                await Task.Delay(Recheck, clock, cancellation);
            }
        }
    }

    private static CliException Damaged(string path, Uri url, Exception? cause)
    {
        var message = $"The login in '{path}' is damaged; sign in again with: lucid login --url {StoredLogin.OriginOf(url)}";
        return cause is null ? new CliException(message) : new CliException(message, cause);
    }
}
