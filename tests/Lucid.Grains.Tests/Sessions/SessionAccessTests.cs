namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionAccessTests() : SessionAccessBehaviour(new SimulatedSessionWorld());
