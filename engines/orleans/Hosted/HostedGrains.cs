using Lucid.Engine.Cluster.Placement;
using Lucid.GrainInterfaces.Audit;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Limits;
using Lucid.GrainInterfaces.Policies;
using Lucid.GrainInterfaces.Recording;
using Lucid.GrainInterfaces.Sessions;
using Lucid.Grains;
using Lucid.Grains.Audit;
using Lucid.Grains.Chain;
using Lucid.Grains.Identity;
using Lucid.Grains.Limits;
using Lucid.Grains.Policies;
using Lucid.Grains.Recording;
using Lucid.Grains.Sessions;
using Orleans;

namespace Lucid.Engine.Cluster;

// Every grain of Lucid on this engine: a derived interface and a derived class, and no logic. A test compares the list with grains/.
public interface IHostedSession : ISessionGrain, IGrainWithStringKey;
public interface IHostedChunk : IChunkGrain, IGrainWithStringKey;
public interface IHostedRecorder : IRecorderGrain, IGrainWithStringKey;
public interface IHostedChain : IChainGrain, IGrainWithStringKey;
public interface IHostedLog : ILogGrain, IGrainWithStringKey;
public interface IHostedIssuer : IIssuerGrain, IGrainWithStringKey;
public interface IHostedUser : IUserGrain, IGrainWithStringKey;
public interface IHostedAttempts : IAttemptsGrain, IGrainWithStringKey;
public interface IHostedDoor : IDoorGrain, IGrainWithStringKey;
public interface IHostedIdempotency : IIdempotencyGrain, IGrainWithStringKey;
public interface IHostedTrustPolicy : ITrustPolicyGrain, IGrainWithStringKey;
public interface IHostedPolicyIndex : IPolicyIndexGrain, IGrainWithStringKey;
public interface IHostedAudit : IAuditGrain, IGrainWithStringKey;
public interface IHostedQuota : IQuotaGrain, IGrainWithStringKey;

[GrainType("session")]
public sealed class HostedSession(IActivation<SessionState> self, ISessionDirectory directory, SessionOptions options)
    : SessionGrain(self, directory, options), IHostedSession, IHostedReminded, IHostedHandler;

[GrainType("chunk")]
public sealed class HostedChunk(IActivation<ChunkState> self) : ChunkGrain(self), IHostedChunk;

[GrainType("recorder"), OnItsNode]
public sealed class HostedRecorder(IActivation self, IRecorderVault vault) : RecorderGrain(self, vault), IHostedRecorder;

[GrainType("chain"), OnItsNode]
public sealed class HostedChain(IActivation self, LedgerNode ledger) : ChainGrain(self, ledger), IHostedChain, IHostedReminded;

[GrainType("log"), OnItsNode]
public sealed class HostedLog(IActivation self, LedgerNode ledger) : LogGrain(self, ledger), IHostedLog;

[GrainType("issuer")]
public sealed class HostedIssuer(IActivation<IssuerState> self, IssuerOptions options) : IssuerGrain(self, options), IHostedIssuer;

[GrainType("user")]
public sealed class HostedUser(IActivation<UserState> self, IUserDirectory directory, IdentityOptions options, ICpuPool cpu) : UserGrain(self, directory, options, cpu), IHostedUser;

[GrainType("attempts")]
public sealed class HostedAttempts(IActivation<AttemptsState> self, IdentityOptions options) : AttemptsGrain(self, options), IHostedAttempts, IHostedReminded;

[GrainType("door")]
public sealed class HostedDoor(IActivation<DoorState> self) : DoorGrain(self), IHostedDoor;

[GrainType("idempotency")]
public sealed class HostedIdempotency(IActivation<IdempotencyState> self) : IdempotencyGrain(self), IHostedIdempotency, IHostedReminded;

[GrainType("trust-policy")]
public sealed class HostedTrustPolicy(IActivation<PolicyState> self, PolicyOptions options, ICpuPool cpu) : TrustPolicyGrain(self, options, cpu), IHostedTrustPolicy;

[GrainType("policy-index")]
public sealed class HostedPolicyIndex(IActivation<PolicyIndexState> self) : PolicyIndexGrain(self), IHostedPolicyIndex;

[GrainType("quota")]
public sealed class HostedQuota(IActivation self) : QuotaGrain(self), IHostedQuota;

[GrainType("audit")]
public sealed class HostedAudit(IActivation<AuditState> self) : AuditGrain(self), IHostedAudit, IHostedReminded, IHostedHandler;
