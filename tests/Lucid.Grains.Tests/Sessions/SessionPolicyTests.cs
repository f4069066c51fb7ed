namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionPolicyTests() : SessionPolicyBehaviour(new SimulatedSessionWorld());
