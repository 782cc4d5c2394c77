using System.Buffers;
using Millrace.Collect;
using Millrace.Events;
using Millrace.Log;

namespace Millrace.Tests.Twins;

/// <summary>A log that keeps records in memory, and refuses or waits when told to.</summary>
internal sealed class MemoryLog
{
    public const ulong Node = 0x00000000deadbeef;

    private readonly Lock _lock = new();
    private readonly List<Record> _records = [];
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppendRefusal Refusal { get; set; }

    /// <summary>Appends complete after this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when a batch has come, before the gate.</summary>
    public Task Arrived => _arrived.Task;

    public IReadOnlyList<Record> Records
    {
        get
        {
            lock (_lock)
            {
                return [.. _records];
            }
        }
    }

    public Record Batch => Records.Single(record => record.Kind == EnvelopeKind.Batch);

    public CollectLog AsCollectLog(ReadOnlyMemory<byte> stamp) => new(Node, stamp, AppendAsync);

    private async ValueTask<AppendResult> AppendAsync(LogEntry entry)
    {
        if (entry.Stamp.IsEmpty)
        {
            _arrived.TrySetResult();
        }
        await Gate;
        lock (_lock)
        {
            if (Refusal != AppendRefusal.None)
            {
                return new AppendResult(0, Refusal);
            }
            byte[] payload = [.. entry.Head.Span, .. entry.Body.ToArray()];
            Envelope.TryRead(payload, out var envelope).ShouldBe(EnvelopeState.Sound);
            _records.Add(new Record(envelope.Kind, envelope.Body.ToArray(), entry.Events)
            {
                Stamp = entry.Stamp.ToArray(),
                Tenant = Text(envelope.Tenant), Source = Text(envelope.Source), Protocol = Text(envelope.Protocol),
                Route = Text(envelope.Route), UserAgent = Text(envelope.UserAgent),
                ClientAddress = envelope.ClientAddress.ToArray(),
            });
            return new AppendResult(_records.Count * 8, AppendRefusal.None);
        }
    }

    private static string Text(ReadOnlySpan<byte> utf8) => System.Text.Encoding.UTF8.GetString(utf8);

    internal sealed record Record(EnvelopeKind Kind, byte[] Body, int Events)
    {
        public required byte[] Stamp { get; init; }

        public required string Tenant { get; init; }

        public required string Source { get; init; }

        public required string Protocol { get; init; }

        public required string Route { get; init; }

        public required string UserAgent { get; init; }

        public required byte[] ClientAddress { get; init; }

        public string BodyText => Text(Body);
    }
}
