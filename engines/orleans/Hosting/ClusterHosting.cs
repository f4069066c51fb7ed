using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>How a host becomes a silo or a gateway of a cluster: afterwards it has IGrains, and <see cref="ClusterMembers"/>.</summary>
public static class ClusterHosting
{
    // A gateway that knows only silos which have died since asks for others that often.
    private static readonly TimeSpan _listOfSilos = TimeSpan.FromSeconds(5);

    // The others have to reach a silo that joins; one without the right certificate would try for five minutes.
    private static readonly TimeSpan _joinsWithin = TimeSpan.FromSeconds(30);

    // A silo whose sign of life in the database is older than all these together is not counted when there is a vote on who is dead. After the
    // database was away for a minute, and the silos wait longer and longer to write again, one that was cut off would otherwise outvote the rest.
    private static readonly TimeSpan _signOfLife = TimeSpan.FromSeconds(10);
    private const int SignsMissed = 15;

    /// <summary>A silo with all of Lucid's grains. What they take in their constructors the host has to register.</summary>
    public static void AddLucidSilo(this IHostApplicationBuilder host, ClusterSeat seat)
    {
        host.UseOrleans(silo =>
        {
            silo.UseLucidOnPostgres(seat.Engine, seat.Connection, seat.Tls, typeof(HostedSession).Assembly);
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (seat.Cluster, seat.Cluster));
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.MaxJoinAttemptTime = _joinsWithin;
                (membership.IAmAliveTablePublishTimeout, membership.NumMissedTableIAmAliveLimit) = (_signOfLife, SignsMissed);
            });
            silo.Configure<SiloOptions>(options => options.SiloName = seat.Name);
            silo.Configure<EndpointOptions>(endpoint =>
            {
                (endpoint.AdvertisedIPAddress, endpoint.SiloPort, endpoint.GatewayPort) = (seat.Advertise, seat.SiloPort, seat.GatewayPort);
                (endpoint.SiloListeningEndpoint, endpoint.GatewayListeningEndpoint) =
                    (new IPEndPoint(seat.Advertise, seat.SiloPort), new IPEndPoint(seat.Advertise, seat.GatewayPort));
            });
        });
        if (seat.End is { } end)
            host.Services.AddSingleton<IFatalErrorHandler>(new FatalEnd(seat.Name, end));
        host.Services.AddSingleton<ClusterMembers, SiloMembers>();
    }

    /// <summary>A gateway: it starts once a silo is there, however long that takes.</summary>
    public static void AddLucidGateway(this IHostApplicationBuilder host, ClusterSeat seat)
    {
        host.UseOrleansClient(client =>
        {
            client.UseLucidOnPostgres(seat.Engine, seat.Connection, seat.Tls, typeof(HostedSession).Assembly);
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (seat.Cluster, seat.Cluster));
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = _listOfSilos);
            client.UseConnectionRetryFilter<PatientConnection>();
        });
        host.Services.AddSingleton<ClusterMembers, GatewaysMembers>();
        host.Services.AddSingleton<ClusterLook>();
    }
}
