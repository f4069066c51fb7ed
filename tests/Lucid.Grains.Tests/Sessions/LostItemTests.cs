using Lucid.Engine.Embedded.Testing;

namespace Lucid.Grains.Tests.Sessions;

public sealed class LostItemTests() : LostItemBehaviour(new SimulatedSessionWorld(test: new EngineTestMode { Seed = 1, Lost = 1 }));
