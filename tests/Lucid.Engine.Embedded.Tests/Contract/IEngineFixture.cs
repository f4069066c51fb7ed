using Lucid.GrainInterfaces.Engine;

namespace Lucid.Engine.Contract;

/// <summary>
/// One running engine that hosts the grains of ContractGrains.cs. What the contract suite knows of an engine stands here and nowhere else, so
/// that the same files run on any of them.
/// </summary>
public interface IEngineFixture : IAsyncDisposable
{
    IGrains Grains { get; }

    /// <summary>What this engine was told: calls that may wait for one grain.</summary>
    int MailboxLimit { get; }

    /// <summary>What this engine was told: how long a caller waits.</summary>
    TimeSpan Deadline { get; }

    /// <summary>A key that no other test uses.</summary>
    string NewKey();

    /// <summary>Runs the body of a test where calls to grains may be made.</summary>
    Task RunAsync(Func<Task> body);

    /// <summary>Lets the engine's time pass.</summary>
    Task AdvanceAsync(TimeSpan time);

    /// <summary>Waits for something that is about to happen without time having to pass, and says what it was if it does not.</summary>
    Task SoonAsync(Task happening, string what);

    /// <summary>Ends the engine, gently or not, and starts another one on what it left behind.</summary>
    Task RestartAsync(bool kill);
}
