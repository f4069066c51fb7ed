using System.Text;
using Lucid.Gateway.Access;
using Lucid.Gateway.Errors;
using Lucid.Gateway.Tests.Fakes;
using Lucid.GrainInterfaces.Identity;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace Lucid.Gateway.Tests.Access;

/// <summary>docs/permissions.md is what the endpoints ask for, and what they ask for they get. LUCID_UPDATE_SNAPSHOTS=1 writes the table anew.</summary>
public sealed class PermissionTableTests
{
    private static readonly string _path = Path.Combine(AppContext.BaseDirectory, "../../../../docs/permissions.md");

    [Fact]
    public async Task Endpoints_AskForWhatTheTableSays()
    {
        await using var host = await GatewayHost.StartAsync();
        var table = Render(host);
        if (Environment.GetEnvironmentVariable("LUCID_UPDATE_SNAPSHOTS") == "1")
            await File.WriteAllTextAsync(_path, table);
        var committed = File.Exists(_path) ? await File.ReadAllTextAsync(_path) : "";
        Assert.True(table == committed, "docs/permissions.md is not what the endpoints ask for. If the change is meant, run the tests with LUCID_UPDATE_SNAPSHOTS=1 and commit it.");
    }

    [Fact]
    public async Task Endpoints_WithEveryRole_AdmitThoseOfTheTable_AndNobodyElse()
    {
        await using var host = await PeersAsync();
        var callers = Enum.GetValues<Role>().Select(role => new Caller("somebody", role)).Append(new Caller("somebody", Role.SuperAdmin) { OnlySession = Guid.NewGuid() });
        var wrong = new List<string>();
        foreach (var (method, pattern, rule) in Endpoints(host))
        {
            using var without = await host.Anyone.SendAsync(new HttpRequestMessage(new HttpMethod(method), Address(pattern)));
            if (rule is null != ((int)without.StatusCode != 401))
                wrong.Add($"{method} {pattern} answers a stranger {(int)without.StatusCode}");
            foreach (var caller in callers)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), Address(pattern));
                request.Headers.Add(CallerHeader.Name, CallerHeader.Write(caller));
                using var answer = await host.Client.SendAsync(request);
                var text = await answer.Content.ReadAsStringAsync();
                var isDenied = (int)answer.StatusCode == 403 && text.Contains(ErrorTable.PermissionDenied.Code, StringComparison.Ordinal);
                if (isDenied == (rule is null || rule.Admits(caller)))
                    wrong.Add($"{method} {pattern} answers {caller} {(int)answer.StatusCode}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Endpoints_WithAccessTokensOfEveryRole_AdmitThoseOfTheTable()
    {
        await using var host = await GatewayHost.StartAsync();
        var wrong = new List<string>();
        foreach (var role in Enum.GetValues<Role>())
        {
            var token = await host.AccessTokenAsync("somebody", role);
            foreach (var (method, pattern, rule) in Endpoints(host).Where(one => one.Rule is not null))
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), Address(pattern));
                request.Headers.Authorization = new("Bearer", token);
                using var answer = await host.Anyone.SendAsync(request);
                var isDenied = (int)answer.StatusCode == 403 && (await answer.Content.ReadAsStringAsync()).Contains(ErrorTable.PermissionDenied.Code, StringComparison.Ordinal);
                if (isDenied == Permissions.Has(role, rule!.Permission!.Value))
                    wrong.Add($"{method} {pattern} answers {role} {(int)answer.StatusCode}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Endpoint_WithoutARule_IsClosedToEverybody()
    {
        await using var host = await GatewayHost.StartAsync(_ => { }, GatewayHost.Options, map: app => Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(app, "/forgotten", () => "open"));
        using var answer = await host.Client.GetAsync("/forgotten");
        await GatewayHost.ErrorOf(answer, ErrorTable.Internal);
    }

    [Fact]
    public void Roles_AreCumulative_AndTheHighestHasAll()
    {
        var all = Enum.GetValues<Permission>();
        var before = 0;
        foreach (var role in Enum.GetValues<Role>())
        {
            var has = Permissions.Of(role);
            Assert.True(has.Count > before);
            Assert.Equal(all.Take(has.Count), has);
            before = has.Count;
        }
        Assert.Equal(all.Length, before);
        Assert.Equal(Role.Admin, Permissions.LowestWith(Permission.ViewAllSessions));
    }

    /// <summary>At a silo, where the header says who calls.</summary>
    private static Task<GatewayHost> PeersAsync() => GatewayHost.StartAsync(GatewayHost.Options with { IsForPeers = true });

    private static IEnumerable<(string Method, string Pattern, AccessRule? Rule)> Endpoints(GatewayHost host) =>
        from endpoint in host.Endpoints
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        let rule = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null ? endpoint.Metadata.GetMetadata<AccessRule>() : null
        orderby endpoint.RoutePattern.RawText, method
        select (method, "/" + endpoint.RoutePattern.RawText!.Trim('/'), rule);

    private static string Address(string pattern) => pattern
        .Replace("{id}", "0190b7a4-0000-7000-8000-000000000001", StringComparison.Ordinal)
        .Replace("{**path}", "0/000", StringComparison.Ordinal)
        .Replace("{index}", "0", StringComparison.Ordinal)
        .Replace("{height}", "1", StringComparison.Ordinal)
        .Replace("{auditor}", "somebody", StringComparison.Ordinal)
        .Replace("{user}", "somebody", StringComparison.Ordinal);

    private static string Render(GatewayHost host)
    {
        var text = new StringBuilder("""
            # Permissions

            Who may call what. Made by a test from the endpoints themselves, which are closed to everybody as long as they say nothing. Roles are cumulative;
            whose a session is, the session itself checks: to whoever may not see it there is none.

            | endpoint | permission | from the role | a token for one session |
            | --- | --- | --- | --- |

            """);
        foreach (var (method, pattern, rule) in Endpoints(host))
        {
            text.Append("| `").Append(method).Append(' ').Append(pattern).Append("` | ").AppendLine(rule is { Permission: { } permission }
                ? $"{permission} | {Permissions.LowestWith(permission)} | {(rule.OrSessionToken ? "yes" : "no")} |"
                : "everybody | | |");
        }
        text.Append("""

            | role | has, beside those of the roles before it |
            | --- | --- |

            """);
        foreach (var role in Enum.GetValues<Role>())
            text.Append("| ").Append(role).Append(" | ").AppendJoin(", ", Permissions.Of(role).Where(permission => Permissions.LowestWith(permission) == role)).AppendLine(" |");
        return text.ToString().ReplaceLineEndings("\n");
    }
}
