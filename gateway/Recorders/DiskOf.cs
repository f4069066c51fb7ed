namespace Lucid.Gateway.Recorders;

/// <summary>On whose disk lies what a request is about: where that is another process, the request is passed on to it. Metadata of endpoints.</summary>
internal enum DiskOf
{
    /// <summary>The recorder of the session that the route's `id` names.</summary>
    SessionsRecorder,

    /// <summary>As <see cref="SessionsRecorder"/>, but only with the query `full=true`.</summary>
    SessionsRecorderIfFull,

    /// <summary>The recorder that the query `recorder` names.</summary>
    NamedRecorder,

    /// <summary>The node that holds the ledger.</summary>
    Ledger,
}
