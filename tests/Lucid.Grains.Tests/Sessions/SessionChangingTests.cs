namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionChangingTests() : SessionChangingBehaviour(new SimulatedSessionWorld());
