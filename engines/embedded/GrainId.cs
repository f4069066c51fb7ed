namespace Lucid.Engine.Embedded;

/// <summary>The storage identity of one grain: the name under which its class is hosted, and its key. Reads "session/a".</summary>
public readonly record struct GrainId(string Name, string Key)
{
    public override string ToString() => $"{Name}/{Key}";
}
