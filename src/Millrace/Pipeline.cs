using System.Diagnostics.Metrics;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Millrace.Collect;
using Millrace.Control;
using Millrace.Iceberg;
using Millrace.Lake;
using Millrace.Log;
using Millrace.Protocols;
using Millrace.Query;
using Millrace.Watch;

namespace Millrace;

/// <summary>READ FIRST: every slice of a process wired in journey order, by role.</summary>
/// <remarks>
/// <code>
/// Collect ──► Log ──► Refine ──► Lake ──► Query      Watch sees all
/// </code>
/// Slices meet at rest only: Collect writes the log, the lake's loop reads it and writes the lake, Query reads the
/// lake. They start from the right and stop from the left, so that nothing is accepted that cannot be drained.
/// </remarks>
internal sealed class Pipeline : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Stack<IDisposable> _held;

    private Pipeline(WebApplication app, Stack<IDisposable> held) => (_app, _held) = (app, held);

    /// <summary>Where this process answers, such as <c>http://127.0.0.1:8080</c>.</summary>
    public IReadOnlyList<string> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <summary>Opens the data directory, starts every slice of the roles,
    /// and returns when requests are answered.</summary>
    /// <exception cref="OperatorException">What the operator asked for cannot be;
    /// the message says what to change.</exception>
    public static async Task<Pipeline> StartAsync(PipelineOptions options, CancellationToken ct)
    {
        var held = new Stack<IDisposable>();
        try
        {
            // Everything that may be wrong with what was asked for is found before anything is touched.
            var settings = options.SettingsFile is { } file
                ? SettingsFile.Read(file, Environment.GetEnvironmentVariable) : Settings.Default;
            var listeners = Listeners(options, settings);
            var disk = new PosixDisk();
            var directory = DataDirectory.Open(options.Data, disk);
            foreach (var role in options.Roles.Names())
            {
                held.Push(directory.Lock(role));
            }
            var app = await BuildAsync(
                new Opened(options, directory, disk, held) { Settings = settings, Listeners = listeners }, ct);
            var pipeline = new Pipeline(app, held);
            await pipeline.StartAppAsync(options, ct);
            return pipeline;
        }
        catch
        {
            Release(held);
            throw;
        }
    }

    /// <summary>Runs until <paramref name="stop"/>, then stops accepting, drains to the lake, and returns.</summary>
    /// <exception cref="SliceFailedException">A slice failed and stopped the process.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var lifetime = _app.Services.GetRequiredService<IHostApplicationLifetime>();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, lifetime.ApplicationStopping);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await _app.StopAsync(CancellationToken.None);
        var failure = _app.Services.GetServices<IHostedService>().OfType<BackgroundService>()
            .Select(service => service.ExecuteTask?.Exception).FirstOrDefault(exception => exception is not null);
        if (failure is not null)
        {
            throw new SliceFailedException(failure.GetBaseException());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Release(_held);
    }

    private sealed record Opened(PipelineOptions Options, DataDirectory Directory, IDisk Disk, Stack<IDisposable> Held)
    {
        public required Settings Settings { get; init; }

        public required IReadOnlyList<Listener> Listeners { get; init; }
    }

    private static async Task<WebApplication> BuildAsync(Opened opened, CancellationToken ct)
    {
        var (options, directory, disk, held) = opened;
        var settings = opened.Settings;
        var catalog = SqliteCatalog.At(directory.In("catalog.db"));
        held.Push(catalog);
        var meters = NewMeters(held);
        var tables = LakeTables.Open(catalog, new LocalStore(disk, directory.In("lake")), NewAuthor(options.Time));
        await RefuseIfMovedAsync(tables, directory, ct);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        AddFoundation(builder, options);
        builder.Services.AddSingleton(meters);
        builder.Services.AddSingleton<IDisk>(disk);
        builder.Services.AddControl(directory, options.SettingsFile);
        builder.Services.AddProtocols();
        builder.Services.AddSingleton(tables).AddSingleton(tables.Catalog).AddSingleton(tables.Store);
        builder.Services.AddWatch(new WatchOptions());
        // Hosted services stop in the reverse of this order: HTTP, Collect, Log, then the lake drains what is left.
        if (options.Roles.HasFlag(Roles.Lake))
        {
            builder.Services.AddLake(settings);
        }
        if (options.Roles.HasFlag(Roles.Collect))
        {
            var (log, stamp) = await OpenLogAsync(opened, tables, meters);
            builder.Services.AddLog(log, stamp, cancel => CommittedAsync(tables, directory.NodeText, cancel));
            builder.Services.AddCollect();
        }
        if (options.Roles.HasFlag(Roles.Query))
        {
            builder.Services.AddSingleton(
                _ => new PendingReader(directory.In("log"), disk, directory.NodeText, options.Time));
            builder.Services.AddSingleton<ReadPending>(
                provider => provider.GetRequiredService<PendingReader>().ReadAsync);
            builder.Services.AddQuery(directory, QueryOptionsOf(settings));
        }
        builder.WebHost.UseMillraceKestrel(opened.Listeners, new CollectOptions());
        return Map(builder.Build(), options.Roles);
    }

    /// <summary>The new segment opens with the control version in force, whose content is kept first.</summary>
    private static async Task<(LogWriter Log, ReadOnlyMemory<byte> Stamp)> OpenLogAsync(
        Opened opened, LakeTables tables, IMeterFactory meters)
    {
        var (options, directory, disk, _) = opened;
        var settings = opened.Settings;
        var control = ControlStore.Open(directory.ControlDatabase, options.Time);
        var snapshot = ControlSnapshot.Of(control, settings);
        control.KeepVersion(snapshot.Version, snapshot.Content);
        var position = await PositionAsync(opened, tables);
        var log = new LogOptions
        {
            Directory = directory.In("log"),
            Node = directory.Node,
            SegmentBytes = settings.Log.SegmentBytes,
            InFlightBytesMax = settings.Log.InFlightBytes,
            Durability = settings.Log.Durability,
            FirstOffsetMin = position,
        };
        var start = new LogStart(snapshot.Version, NewRandom(), meters.Create("Millrace.Log"));
        return (LogWriter.Open(log, disk, options.Time, start), snapshot.Version);
    }

    /// <summary>A lake that cannot be read is the role lake's to report: the log takes events without it.</summary>
    private static async Task RefuseIfMovedAsync(LakeTables tables, DataDirectory directory, CancellationToken ct)
    {
        try
        {
            if (await tables.FormerRootAsync(ct) is { } former)
            {
                throw LakeTables.Moved(directory.Path, former);
            }
        }
        catch (Exception failure) when (failure is not OperatorException && LakeFailures.IsOfTheWorld(failure))
        {
            // Said by /readyz and in the log as soon as the role runs.
        }
    }

    /// <summary>Null also while the lake cannot be read: segments are only used again later.</summary>
    private static async Task<long?> CommittedAsync(LakeTables tables, string node, CancellationToken ct)
    {
        try
        {
            return (await tables.PositionAsync(node, ct))?.Offset;
        }
        catch (Exception failure) when (LakeFailures.IsOfTheWorld(failure))
        {
            return null;
        }
    }

    /// <summary>The least offset a new segment may begin at. Where there are segments, these say it too.</summary>
    /// <exception cref="OperatorException">Neither lake nor log can tell: offsets could be given twice.</exception>
    private static async Task<long> PositionAsync(Opened opened, LakeTables tables)
    {
        try
        {
            return await tables.PositionAsync(opened.Directory.NodeText, CancellationToken.None) is { } position
                ? position.Offset : await tables.StartAsync(CancellationToken.None);
        }
        catch (Exception failure) when (LakeFailures.IsOfTheWorld(failure))
        {
            return LogSegments.List(opened.Disk, opened.Directory.In("log")).Count > 0 ? 0
                : throw new OperatorException(OperatorException.Failed,
                    $"The log holds no segment and the lake cannot tell how far it was: {failure.Message}", failure);
        }
    }

    /// <summary>Made before the host: the log, which is opened before it, counts too.</summary>
    private static IMeterFactory NewMeters(Stack<IDisposable> held)
    {
        var provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
        held.Push(provider);
        return provider.GetRequiredService<IMeterFactory>();
    }

    /// <summary>Seeded by the system: salts, ids and names must differ between processes.</summary>
    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    private static Author NewAuthor(TimeProvider time) => new(time, NewRandom(), Version);

    private static void AddFoundation(WebApplicationBuilder builder, PipelineOptions options)
    {
        builder.Services.AddRouting();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(options.Time);
        // Signals are the verb's: the host's own lifetime would close the door on traffic that a demo still sends.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host =>
        {
            // Draining takes as long as it takes; whoever is in a hurry sends a second signal.
            host.ShutdownTimeout = TimeSpan.FromHours(1);
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        builder.Logging.SetMinimumLevel(options.LogLevel).AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            // While this one may say anything it makes an activity and a scope for every request.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // What keeps the host from starting, or ends it, is said once, by whoever started it.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddFilter("Microsoft.Hosting", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static WebApplication Map(WebApplication app, Roles roles)
    {
        app.UseDoor();
        if (roles.HasFlag(Roles.Collect))
        {
            app.UseCollect();
        }
        app.UseWatch();
        app.UseApiSide();
        app.UseRouting();
        app.MapKeys();
        if (roles.HasFlag(Roles.Query))
        {
            app.MapQuery();
        }
        // Endpoints first, so that a known path with another method answers 405.
        app.UseEndpoints(_ => { });
        app.Run(CollectSetup.RefuseUnknownRouteAsync);
        return app;
    }

    private static QueryOptions QueryOptionsOf(Settings settings) => new()
    {
        Timeout = settings.Query.Timeout,
        TimeoutMax = settings.Query.TimeoutMax,
        MemoryBytesMax = settings.Query.MemoryBytes,
        Threads = settings.Query.Threads,
    };

    private static List<Listener> Listeners(PipelineOptions options, Settings settings)
    {
        var http = ListenAddress.Parse(options.Http ?? settings.HttpAddress ?? "127.0.0.1:8080", "--http");
        return (options.Api ?? settings.ApiAddress) is { } api
            ? [new Listener(http, Side.Collect), new Listener(ListenAddress.Parse(api, "--api"), Side.Api)]
            : [new Listener(http, Side.Both)];
    }

    private async Task StartAppAsync(PipelineOptions options, CancellationToken ct)
    {
        try
        {
            await _app.StartAsync(ct);
        }
        catch (Exception failure)
        {
            // What has started, such as the lake's loop, must end before what it uses is closed.
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
            if (failure is not IOException { InnerException: AddressInUseException } busy)
            {
                throw;
            }
            throw new OperatorException(OperatorException.Failed,
                $"{busy.Message} Stop what listens there, or choose another --http HOST:PORT.", busy);
        }
    }

    /// <summary>The process lives as long as whoever started the pipeline says.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static string Version =>
        typeof(Pipeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static void Release(Stack<IDisposable> held)
    {
        while (held.TryPop(out var resource))
        {
            resource.Dispose();
        }
    }
}

/// <summary>A slice failed in a way that trying again does not mend.</summary>
internal sealed class SliceFailedException(Exception cause) : Exception(cause.Message, cause);
