using Lucid.GrainInterfaces.Engine;
using Orleans.Streams.Core;

namespace Lucid.Engine.Cluster;

/// <summary>A hosted grain that is told of items: what its hosted class adds to a plain class with <see cref="IHandles{T}"/>.</summary>
public interface IHostedHandler : IStreamSubscriptionObserver
{
    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => Streams.ItemStreams.ResumeAsync(this, handleFactory);
}
