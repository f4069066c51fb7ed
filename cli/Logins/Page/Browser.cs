using System.ComponentModel;
using System.Diagnostics;

namespace Lucid.Cli.Logins.Page;

/// <summary>The user's browser, where there is one.</summary>
internal static class Browser
{
    /// <summary>Says where the page is, and opens it where somebody sits in front of a desktop.</summary>
    public static void Open(Uri page, Surroundings surroundings)
    {
        surroundings.Note($"Sign in with the wallet of your browser at {page}");
        if (OperatingSystem.IsLinux() && surroundings.Environment("DISPLAY") is null or "" && surroundings.Environment("WAYLAND_DISPLAY") is null or "")
            return;
        try
        {
            var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(page.AbsoluteUri) { UseShellExecute = true }
                : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", page.AbsoluteUri) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            Process.Start(start)?.Dispose();
        }
        catch (Win32Exception)
        {
            // There is none; the address was said.
        }
    }
}
