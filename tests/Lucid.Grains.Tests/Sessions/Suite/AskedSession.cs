using Lucid.GrainInterfaces.Identity;
using Lucid.GrainInterfaces.Sessions;

namespace Lucid.Grains.Tests.Sessions;

/// <summary>A session as one caller calls it.</summary>
internal sealed class AskedSession(ISessionGrain grain, Caller caller)
{
    public Task<SessionView> CreateAsync(CreateSession request) => grain.CreateAsync(caller, request);
    public Task<SessionView> ChangeAsync(SessionChange change) => grain.ChangeAsync(caller, change);
    public Task<SessionView> GetAsync() => grain.GetAsync(caller);
    public Task<SessionView> RequireAsync(SessionRight right, int? track = null) => grain.RequireAsync(caller, right, track);
    public Task<ChunkAdmission> AdmitAsync(AdmitChunk request) => grain.AdmitAsync(caller, request);
    public Task CountAsync(CountChunk request) => grain.CountAsync(request);
    public Task HeartbeatAsync(long lease) => grain.HeartbeatAsync(caller, lease);
    public Task<SessionView> PauseAsync(long lease) => grain.PauseAsync(caller, lease);
    public Task<SessionView> ResumeAsync(ResumeSession request) => grain.ResumeAsync(caller, request);
    public Task<SessionView> MoveAsync(string from) => grain.MoveAsync(from);
    public Task<SessionView> StopAsync(StopSession request) => grain.StopAsync(caller, request);
    public Task<SessionView> RecoverAsync() => grain.RecoverAsync(caller);
    public Task<SessionView> EraseAsync() => grain.EraseAsync(caller);
    public Task<LeafPage> LeavesAsync(ulong from, int count) => grain.LeavesAsync(caller, from, count);
    public Task<SignedManifest> ManifestAsync() => grain.ManifestAsync(caller);
    public Task<SessionShares> ShareAsync(SessionShare share) => grain.ShareAsync(caller, share);
    public Task<SessionShares> UnshareAsync(string auditor) => grain.UnshareAsync(caller, auditor);
    public Task<SessionShares> SharesAsync() => grain.SharesAsync(caller);
    public Task<SessionApproval> RequestApprovalAsync(ApprovalRequest request) => grain.RequestApprovalAsync(caller, request);
    public Task<SessionApprovals> ApprovalsAsync() => grain.ApprovalsAsync(caller);
    public Task<SessionApproval> DecideApprovalAsync(int number, bool approve) => grain.DecideApprovalAsync(caller, number, approve);
}
