using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams.Core;

namespace Lucid.Engine.Cluster;

/// <summary>
/// A hosted grain that is woken by reminders: what its hosted class adds to a plain class that is an <see cref="IReminded"/>.
/// </summary>
public interface IHostedReminded : IRemindable
{
    Task IRemindable.ReceiveReminder(string reminderName, TickStatus status) => ((IReminded)this).RemindedAsync(reminderName);
}

/// <summary>A hosted grain that is told of items: what its hosted class adds to a plain class with <see cref="IHandles{T}"/>.</summary>
public interface IHostedHandler : IStreamSubscriptionObserver
{
    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => Streams.ItemStreams.ResumeAsync(this, handleFactory);
}
