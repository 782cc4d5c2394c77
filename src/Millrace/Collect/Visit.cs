using System.Runtime.CompilerServices;
using Microsoft.Extensions.ObjectPool;
using Millrace.Control;
using Millrace.Events;
using Millrace.Protocols;

namespace Millrace.Collect;

/// <summary>One request's way through <see cref="CollectEndpoint"/>, and its memory. Reused.</summary>
internal sealed class Visit(BodyBudget budget) : IResettable
{
    private const int EventsKept = 64 << 10;
    private const int EventsFree = 512;

    private long _shapeBytes;
    private int _rawBytes;

    public CollectRoute Route { get; set; } = null!;

    /// <summary>Null until a key was found that may write.</summary>
    public KeyGrant? Grant { get; set; }

    /// <summary>As it came over the wire.</summary>
    public BodyBuffer Raw { get; } = new(budget);

    /// <summary>Decompressed; empty where the body came plain.</summary>
    public BodyBuffer Decoded { get; } = new(budget);

    /// <summary>What is counted, logged and decoded later: one of the two buffers, without a byte order mark.
    /// Empty again once it is in the log's hands.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Length of <see cref="Body"/>, also when that is gone.</summary>
    public int BodyBytes { get; private set; }

    /// <summary>Length of what came over the wire, also when that is gone.</summary>
    public int RawBytes => _rawBytes > 0 ? _rawBytes : Raw.Length;

    public BodyShape Shape { get; } = new();

    /// <summary>Of the record, once it is durable.</summary>
    public long Offset { get; set; }

    public Refusal? Refusal { get; set; }

    /// <summary>Takes what the places of many events need from the budget of bodies: of two bytes each, they take
    /// four times the body.</summary>
    /// <returns>Null, or why there is no room.</returns>
    public Refusal? ReserveShape()
    {
        if (Shape.Events.Capacity <= EventsFree)
        {
            return null;
        }
        var bytes = (long)Shape.Events.Capacity * Unsafe.SizeOf<Range>();
        if (!budget.TryReserve(bytes))
        {
            return CollectRefusals.TooManyBodies;
        }
        _shapeBytes = bytes;
        return null;
    }

    public void SetBody(ReadOnlyMemory<byte> body) => (Body, BodyBytes) = (body, body.Length);

    /// <summary>Gives the memory of the body back.</summary>
    public void ReleaseBody()
    {
        _rawBytes = Raw.Length;
        Body = default;
        Raw.Clear();
        Decoded.Clear();
    }

    /// <summary>False: this one has grown too large to keep.</summary>
    public bool TryReset()
    {
        budget.Release(_shapeBytes);
        _shapeBytes = 0;
        ReleaseBody();
        Shape.Clear();
        (Route, Grant, Offset, Refusal) = (null!, null, 0, null);
        (_rawBytes, BodyBytes) = (0, 0);
        return Shape.Events.Capacity <= EventsKept;
    }
}

/// <summary>Makes visits for the pool.</summary>
internal sealed class VisitPolicy(BodyBudget budget) : PooledObjectPolicy<Visit>
{
    public override Visit Create() => new(budget);

    public override bool Return(Visit visit) => visit.TryReset();
}
