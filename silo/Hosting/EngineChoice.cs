namespace Lucid.Silo.Hosting;

/// <summary>Which engines this build has.</summary>
internal static class EngineChoice
{
    /// <exception cref="EngineMissingException">The options ask for an engine that was left out of this build.</exception>
    public static void Check(NodeOptions options)
    {
        if (options.Engine == EngineKind.Orleans)
            throw new EngineMissingException("this build has no cluster engine; build it with -p:LucidOrleans=true, or say engine: embedded");
    }
}

/// <summary>The engine that was asked for is not in this build: take another build, or another engine.</summary>
public sealed class EngineMissingException(string message) : Exception(message);
