using System.Text.Json;
using System.Text.Json.Serialization;
using Lucid.Evidence.Policies;
using Lucid.Gateway.Access.Tokens;
using Lucid.Gateway.Anchoring;
using Lucid.Gateway.Audit;
using Lucid.Gateway.Auth;
using Lucid.Gateway.Chain;
using Lucid.Gateway.Cluster;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Health;
using Lucid.Gateway.Meta;
using Lucid.Gateway.Policies;
using Lucid.Gateway.Sessions;
using Lucid.Gateway.Users;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Gateway.Json;

/// <summary>
/// The wire's JSON: snake_case names, enums as their snake_case names, times in UTC with milliseconds and Z, no nulls. Generated ahead,
/// so that nothing is found out by reflection while a request waits.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcTimeConverter), typeof(SnakeCaseEnumConverter<SessionStatus>), typeof(SnakeCaseEnumConverter<Role>), typeof(SnakeCaseEnumConverter<UserStatus>), typeof(SnakeCaseEnumConverter<HealthState>),
        typeof(SnakeCaseEnumConverter<PolicyStatus>), typeof(SnakeCaseEnumConverter<PolicyRuleType>), typeof(SnakeCaseEnumConverter<PolicyAction>),
        typeof(SnakeCaseEnumConverter<PolicyAct>), typeof(SnakeCaseEnumConverter<PolicyOutcome>), typeof(SnakeCaseEnumConverter<SessionRight>), typeof(SnakeCaseEnumConverter<ApprovalStatus>)])]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(CreateSessionBody))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SessionStatistics))]
[JsonSerializable(typeof(ChangeSessionBody))]
[JsonSerializable(typeof(SessionShares))]
[JsonSerializable(typeof(ShareBody))]
[JsonSerializable(typeof(LoginChallenge))]
[JsonSerializable(typeof(ChallengeBody))]
[JsonSerializable(typeof(HardwareChallengeBody))]
[JsonSerializable(typeof(HardwareWalletBody))]
[JsonSerializable(typeof(LoginBody))]
[JsonSerializable(typeof(LoginAnswer))]
[JsonSerializable(typeof(RefreshBody))]
[JsonSerializable(typeof(BootstrapBody))]
[JsonSerializable(typeof(AuthStatus))]
[JsonSerializable(typeof(HardwareStatus))]
[JsonSerializable(typeof(LoginList))]
[JsonSerializable(typeof(ProgramTokenBody))]
[JsonSerializable(typeof(ProgramTokenMade))]
[JsonSerializable(typeof(ProgramTokenList))]
[JsonSerializable(typeof(UserView))]
[JsonSerializable(typeof(UserList))]
[JsonSerializable(typeof(UserChangeBody))]
[JsonSerializable(typeof(AdmitBody))]
[JsonSerializable(typeof(SuspendBody))]
[JsonSerializable(typeof(SessionApproval))]
[JsonSerializable(typeof(SessionApprovals))]
[JsonSerializable(typeof(ApprovalBody))]
[JsonSerializable(typeof(PolicyBody))]
[JsonSerializable(typeof(PolicyView))]
[JsonSerializable(typeof(PolicyList))]
[JsonSerializable(typeof(PolicyAnswer))]
[JsonSerializable(typeof(SignatureBody))]
[JsonSerializable(typeof(RevokeBody))]
[JsonSerializable(typeof(TrialBody))]
[JsonSerializable(typeof(LeafList))]
[JsonSerializable(typeof(PipelineState))]
[JsonSerializable(typeof(ChainInfo))]
[JsonSerializable(typeof(ChainStatus))]
[JsonSerializable(typeof(BlockView))]
[JsonSerializable(typeof(BlockList))]
[JsonSerializable(typeof(AnchoringStatus))]
[JsonSerializable(typeof(AnchoringQuestion))]
[JsonSerializable(typeof(AnchoringVerdict))]
[JsonSerializable(typeof(MerkleProofBody))]
[JsonSerializable(typeof(MerkleProofVerdict))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(LivenessView))]
[JsonSerializable(typeof(ServiceInfo))]
[JsonSerializable(typeof(VersionInfo))]
[JsonSerializable(typeof(KeyRotation))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(JwksView))]
[JsonSerializable(typeof(MailAsked))]
[JsonSerializable(typeof(MailLoginAnswer))]
[JsonSerializable(typeof(SecondFactorOffer))]
[JsonSerializable(typeof(AuditEventList))]
[JsonSerializable(typeof(AuditEventProof))]
[JsonSerializable(typeof(AuditCheckpoint))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    /// <summary>Objects within objects: twice what any of ours has.</summary>
    private const int MaxDepth = 16;

    /// <summary>The context with the options above.</summary>
    public static GatewayJson Wire => Default;

    /// <summary>Gives the framework's own JSON options the same settings, so that endpoints and the OpenAPI document agree with us.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = MaxDepth;
        // Of two members with one name somebody before us may have checked the other.
        options.AllowDuplicateProperties = false;
        foreach (var converter in Default.Options.Converters)
            options.Converters.Add(converter);
        options.TypeInfoResolverChain.Insert(0, Default);
    }
}

/// <summary>An enum as its snake_case name; numbers are refused.</summary>
internal sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
