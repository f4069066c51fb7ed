using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Lucid.Engine.Embedded.Storage;

/// <summary>
/// Chooses SQLite itself: the system's library where it is new enough, since distributions mend it, else the one that comes with the
/// package. Whatever opens a database in this process calls <see cref="Load"/> first.
/// </summary>
public static class SqliteLibrary
{
    // What the package brings; an older one of the system would be a step back.
    private const int Oldest = 3_035_005;

    private static readonly Lazy<bool> Loaded = new(() =>
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        raw.FreezeProvider();
        return true;
    });

    public static void Load() => _ = Loaded.Value;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        // Zero means: look for it as usual, which finds the package's own.
        if (name != "e_sqlite3" || !OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libsqlite3.so.0", out var library))
            return 0;
        if (NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out var version) && NumberAt(version) >= Oldest)
            return library;
        NativeLibrary.Free(library);
        return 0;
    }

    private static int NumberAt(nint function) => Marshal.GetDelegateForFunctionPointer<VersionNumber>(function)();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VersionNumber();
}
