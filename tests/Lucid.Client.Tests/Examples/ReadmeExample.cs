using Lucid.Evidence.Keys;

namespace Lucid.Client.Tests.Examples;

/// <summary>The example of README.md, line by line, so that it compiles and works.</summary>
internal static class ReadmeExample
{
    public static async Task<Guid> RecordAsync(Uri url, byte[] secret, byte[] bytes, string path)
    {
        using var lucid = new LucidClient(url, new LoginCredential(new Secp256k1PrivateKey(secret)));

        var session = await lucid.Sessions.CreateAsync(new NewSession("a talk"));
        await lucid.Chunks.PutAsync(session.SessionId, session.Lease!.Value, new NewChunk(0, bytes));
        await lucid.Sessions.StopAsync(session.SessionId, session.Lease.Value);
        await lucid.Sessions.WaitUntilAnchoredAsync(session.SessionId);

        await using var evidence = await lucid.Recordings.OpenEvidenceAsync(session.SessionId, full: true);
        await using var file = File.Create(path);
        await evidence.CopyToAsync(file);

        return session.SessionId;
    }
}
