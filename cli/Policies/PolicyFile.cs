using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Cli.Output;
using Lucid.Evidence;
using Lucid.Evidence.Policies;

namespace Lucid.Cli.Policies;

/// <summary>
/// What somebody writes into a file to have a policy drawn up: name, description, scope and rules, as JSON. The node makes a policy's version
/// of it, and <see cref="Says"/> tells whether that says what the file says: nobody signs what they have not written.
/// </summary>
internal sealed record PolicyFile
{
    private const int MaxBytes = 64 * 1024;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public required string Name { get; init; }
    public string? Description { get; init; }
    public PolicyScope? Scope { get; init; }
    public required ImmutableArray<PolicyRule> Rules { get; init; }

    /// <summary>The file as it stands, which is what the node is sent.</summary>
    [JsonIgnore]
    public string Text { get; private init; } = "";

    /// <exception cref="CliException">It cannot be read, or is no policy; the message says where.</exception>
    public static PolicyFile Read(string path)
    {
        var text = Encoding.UTF8.GetString(ReadBytes(path, MaxBytes));
        PolicyFile? file;
        try
        {
            file = JsonSerializer.Deserialize<PolicyFile>(text, _json);
        }
        catch (JsonException e)
        {
            throw new CliException($"'{path}' is no policy: {e.Message}", e);
        }
        if (file is null)
            throw new CliException($"'{path}' is no policy: it says null.");
        var read = file with { Text = text };
        if (read.Says(new TrustPolicy
        {
            Network = Hash256.Zero,
            Policy = Guid.Empty,
            Owner = "?",
            Version = 1,
            Previous = Hash256.Zero,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Name = "",
            Description = "",
            Scope = PolicyScope.Own,
            Rules = [],
        }).FindFault() is { } fault)
            throw new CliException($"'{path}' is no policy: {fault}.");
        return read;
    }

    /// <summary>A version that says what the file says, and of everything else what the other one says.</summary>
    public TrustPolicy Says(TrustPolicy other) => other with
    {
        Name = Name,
        Description = Description ?? "",
        Scope = Scope is null ? PolicyScope.Own : new PolicyScope(OrEmpty(Scope.AppliesTo), OrEmpty(Scope.Excluded)),
        Rules = Rules.IsDefault ? [] : [.. Rules.Select(WithTimes)],
    };

    /// <summary>A signed policy, as <c>lucid policies export</c> writes it.</summary>
    /// <exception cref="CliException">It cannot be read, or is none.</exception>
    public static SignedPolicy ReadSigned(string path)
    {
        try
        {
            return SignedPolicy.Parse(ReadBytes(path, SignedPolicy.MaxLength));
        }
        catch (MalformedException e)
        {
            throw new CliException($"'{path}' is no signed policy: {e.Message}.", e);
        }
    }

    private static byte[] ReadBytes(string path, int most)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.Length <= most ? bytes : throw new CliException($"'{path}' is longer than a policy can be ({Plain.Bytes(most)}).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{path}' cannot be read: {Plain.Reason(e)}.", e);
        }
    }

    // What may be left out in the file is always there in a policy.
    private static PolicyRule WithTimes(PolicyRule rule) =>
        rule is { Action: PolicyAction.RequireApproval, Parameters: null } ? rule with { Parameters = new PolicyApproval() } : rule;

    private static ImmutableArray<string> OrEmpty(ImmutableArray<string> list) => list.IsDefault ? [] : list;
}
