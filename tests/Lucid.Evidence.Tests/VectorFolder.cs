using System.Text;

namespace Lucid.Evidence.Tests;

/// <summary>
/// Where other projects' conformance cases lie: the folder named by LUCID_VECTORS. A test that asks for a file of it is skipped, with
/// the reason, where the variable is not set or the folder has no such file.
/// </summary>
public static class VectorFolder
{
    public const string Variable = "LUCID_VECTORS";

    /// <summary>The full path of a file or folder in it, or no return: the test is skipped.</summary>
    public static string Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(folder))
            Assert.Skip($"{Variable} is not set: name the folder that holds {name}.");
        if (!Directory.Exists(folder))
            Assert.Fail($"{Variable} names '{folder}', which is not a folder.");
        var path = Path.Combine(Path.GetFullPath(folder), name);
        if (!Path.Exists(path))
            Assert.Skip($"'{folder}' ({Variable}) has no {name}.");
        return path;
    }

    /// <summary>Runs every case to the end and then fails once, naming each case that did not come out as the file says.</summary>
    public static void RunAll<TCase>(IEnumerable<TCase> cases, Func<TCase, string> name, Action<TCase> check)
    {
        var failures = new StringBuilder();
        var (total, failed) = (0, 0);
        foreach (var each in cases)
        {
            total++;
            try
            {
                check(each);
            }
            catch (Exception e)
            {
                failed++;
                failures.Append('\n').Append(name(each)).Append(": ").Append(e.Message);
            }
        }
        Assert.True(total > 0, "The vector file holds no case.");
        Assert.True(failed == 0, $"{failed} of {total} cases:{failures}");
    }
}
