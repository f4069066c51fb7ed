namespace Lucid.Grains.Tests.Sessions;

public sealed class SessionLedgerTests() : SessionLedgerBehaviour(new SimulatedSessionWorld());
