namespace Lucid.Silo.Configuration;

/// <summary>What somebody set, before it is known whether there is such an option.</summary>
/// <param name="Name">Such as sessions.window, in any case.</param>
/// <param name="Text">The value as it was written, without quotes; {…} or […] for what is no single value.</param>
/// <param name="IsText">Whether it may be text: it stood in quotes, or came from where there are none.</param>
/// <param name="Shown">How whoever set it knows it, such as LUCID__SESSIONS__WINDOW.</param>
internal sealed record OptionSetting(string Name, string Text, bool IsText, string Shown);
