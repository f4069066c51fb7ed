using Lucid.Evidence;
using Lucid.GrainInterfaces.Chain;
using Lucid.GrainInterfaces.Engine;
using Lucid.Silo.Audit;
using Lucid.Silo.Clustering;
using Lucid.Silo.Configuration;
using Lucid.Silo.Database;
using Lucid.Silo.Doctor;
using Lucid.Silo.Hosting;
using Lucid.Silo.Ledger;
using Lucid.Silo.Recording;
using Lucid.Silo.Supervision;

if (args is ["audit", ..])
    return await AuditCommand.RunAsync(args[1..], Console.Out, Console.Error, isWatched: !Console.IsErrorRedirected);
if (args is ["restore-keys", ..])
    return KeyRestoreCommand.Run(args[1..], Console.Out, Console.Error);
if (args is ["database", ..])
    return await DatabaseCommand.RunAsync(args[1..], new ClusterOptions
    {
        Database = Environment.GetEnvironmentVariable(DatabaseCommand.Variable),
        DatabaseFile = Environment.GetEnvironmentVariable(DatabaseCommand.FileVariable),
    }, Console.Out, Console.Error);
if (args is ["config", ..])
    return ConfigCommand.Run(args[1..], Console.Out, Console.Error);
if (args is ["doctor", ..])
    return DoctorCommand.Run(args[1..], Console.Out, Console.Error, TimeProvider.System);
if (args is ["health", ..])
    return await HealthCommand.RunAsync(args[1..], Console.Out, Console.Error);
if (args is not ["up", ..])
{
    Console.Error.WriteLine(NodeArguments.Usage);
    Console.Error.WriteLine();
    Console.Error.WriteLine(AuditCommand.Usage);
    Console.Error.WriteLine();
    Console.Error.WriteLine(KeyRestoreCommand.Usage);
    Console.Error.WriteLine();
    Console.Error.WriteLine(DatabaseCommand.Usage);
    Console.Error.WriteLine();
    Console.Error.WriteLine(ConfigCommand.Usage);
    Console.Error.WriteLine();
    Console.Error.WriteLine(DoctorCommand.Usage);
    Console.Error.WriteLine();
    Console.Error.WriteLine(HealthCommand.Usage);
    return 2;
}
if (args[1..] is ["--help" or "-h" or "help"])
{
    Console.WriteLine(NodeArguments.Usage);
    return 0;
}
var (options, mistakes) = NodeArguments.Read(args[1..]);
if (options is null)
{
    foreach (var mistake in mistakes)
        Console.Error.WriteLine($"lucid up: {ConfigCommand.Sentence(mistake)}");
    return 2;
}
try
{
    if (options.Silos is not null)
        return await ClusterUp.RunAsync(options, Console.Out, Console.Error);
    if (options.Role == NodeRole.Node)
        ClusterFolder.RequireNone(options.Data);
    await using var node = options.Role switch
    {
        NodeRole.Silo => await SiloHost.BuildAsync(options, announce: Console.WriteLine),
        NodeRole.Gateway => await GatewayHost.BuildAsync(options, announce: Console.WriteLine),
        _ => NodeHost.Build(options, announce: Console.WriteLine),
    };
    await node.RunAsync();
    return 0;
}
// Apart from the rest, since whoever started us may want to use the node that is there instead.
catch (DataFolderInUseException held)
{
    Console.Error.WriteLine($"lucid up: {held.Message}");
    return 3;
}
catch (EngineMissingException missing)
{
    Console.Error.WriteLine($"lucid up: {missing.Message}.");
    return 3;
}
// What a person can mend is said in a sentence; everything else is a bug and shows its stack.
catch (Exception exception) when (
    exception is GenesisMismatchException or LedgerDamagedException or MalformedException or InvalidDataException or DatabaseSchemaException or DatabaseUnreachableException or EngineException or UnauthorizedAccessException or IOException)
{
    Console.Error.WriteLine($"lucid up: {exception.Message}");
    return 2;
}
