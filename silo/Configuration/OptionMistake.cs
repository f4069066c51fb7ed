namespace Lucid.Silo.Configuration;

/// <summary>What is wrong, the value, and the cure, in one sentence without its full stop.</summary>
/// <param name="Options">The options that it was judged by: where one of them could not even be read, the judgement means nothing.</param>
internal sealed record OptionMistake(string Text, params IReadOnlyList<string> Options);
