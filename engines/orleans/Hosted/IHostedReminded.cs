using Lucid.GrainInterfaces.Engine;
using Orleans;
using Orleans.Runtime;

namespace Lucid.Engine.Cluster;

/// <summary>
/// A hosted grain that is woken by reminders: what its hosted class adds to a plain class that is an <see cref="IReminded"/>.
/// </summary>
public interface IHostedReminded : IRemindable
{
    Task IRemindable.ReceiveReminder(string reminderName, TickStatus status) => ((IReminded)this).RemindedAsync(reminderName);
}
