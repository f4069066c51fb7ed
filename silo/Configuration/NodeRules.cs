using Lucid.Evidence.Ledger;
using Lucid.Silo.Hosting;

namespace Lucid.Silo.Configuration;

/// <summary>What a node's own options must be, beyond their ranges.</summary>
internal static class NodeRules
{
    public static IEnumerable<OptionMistake> Find(NodeOptions options)
    {
        if (options is { Engine: EngineKind.Embedded, Role: not NodeRole.Node })
            yield return new($"role is {Lower(options.Role)}, but engine is embedded, which runs a whole node only; leave role out, or say engine: orleans", "engine", "role");
        if (options is { Engine: EngineKind.Orleans, Role: NodeRole.Node })
            yield return new("role is node, but engine is orleans; say role: silo (grains, recorder, ledger) or role: gateway (HTTP)", "engine", "role");
        if (options.Tokens.NewsWithin <= options.Tokens.NewsEvery)
            yield return new($"tokens.newsWithin is {options.Tokens.NewsWithin}, which is over before the next question, tokens.newsEvery ({options.Tokens.NewsEvery}) later; choose more", "tokens.newsWithin", "tokens.newsEvery");
        if (options.Data.Length == 0)
            yield return new("data (--data) is empty; give a directory", "data");
        if (options.Name is not null && !LedgerName.IsValid(options.Name))
            yield return NoName("name (--name)", options.Name, "name");
        if (options.Network is not null && !LedgerName.IsValid(options.Network))
            yield return NoName("network (--network)", options.Network, "network");
    }

    public static OptionMistake NoName(string shown, string value, string option) =>
        new($"{shown} is '{value}'; it has 1 to {LedgerName.MaxLength} of a-z, 0-9, '.', '_' and '-', a letter or digit first", option);

    private static string Lower(NodeRole role) => role.ToString().ToLowerInvariant();
}
