using Lucid.Grains.Tests.Sessions;

namespace Lucid.Engine.Cluster.Tests.Sessions;

[Collection(nameof(SessionCluster))]
public sealed class ClusterSessionTests(SessionCluster cluster) : SessionBehaviour(new ClusterSessionWorld(cluster));

[Collection(nameof(SessionCluster))]
public sealed class ClusterSessionMovingTests(SessionCluster cluster) : SessionMovingBehaviour(new ClusterSessionWorld(cluster));

[Collection(nameof(SessionCluster))]
public sealed class ClusterSessionAccessTests(SessionCluster cluster) : SessionAccessBehaviour(new ClusterSessionWorld(cluster));

[Collection(nameof(SessionCluster))]
public sealed class ClusterSessionPolicyTests(SessionCluster cluster) : SessionPolicyBehaviour(new ClusterSessionWorld(cluster));

[Collection(nameof(SessionCluster))]
public sealed class ClusterSessionLedgerTests(SessionCluster cluster) : SessionLedgerBehaviour(new ClusterSessionWorld(cluster));

[Collection(nameof(SessionCluster))]
public sealed class ClusterSessionChangingTests(SessionCluster cluster) : SessionChangingBehaviour(new ClusterSessionWorld(cluster));
