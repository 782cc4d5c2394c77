using Millrace.Iceberg;

namespace Millrace.Lake;

/// <summary>Cuts the rows of some files into ranges that follow each other in the table's order, each small enough for
/// memory.</summary>
/// <remarks>
/// By the first column of the order; a value that has too many rows by itself, by the next one, and so on: tenant,
/// event, time. Where whole keys are equal, by the place in the log, which orders them no worse than any other way.
/// Numbers and times are cut by buckets of equal width, and a full bucket again.
/// </remarks>
/// <param name="source">The rows.</param>
/// <param name="bytesMax">Memory that the rows of a range may take.</param>
internal sealed class KeyRanges(RowSource source, long bytesMax)
{
    private const int Buckets = 256;

    private readonly IReadOnlyList<Field> _columns = Columns(source.Table);

    /// <summary>The rows by the first column of the order, as fine as it tells them apart.</summary>
    public IEnumerable<KeyGroup> Groups(IReadOnlyList<KeyStretch> conditions) => Groups(conditions, level: 0);

    /// <summary>Ranges of groups that follow each other.</summary>
    /// <param name="groups">Of <see cref="Groups(IReadOnlyList{KeyStretch})"/>.</param>
    /// <param name="conditions">That they were asked with.</param>
    public IEnumerable<KeyRange> Cut(IEnumerable<KeyGroup> groups, IReadOnlyList<KeyStretch> conditions) =>
        Cut(groups, conditions, level: 0);

    private IEnumerable<KeyRange> Cut(
        IEnumerable<KeyGroup> groups, IReadOnlyList<KeyStretch> conditions, int level)
    {
        var pieces = new KeyPieces(_columns[level], bytesMax);
        foreach (var group in groups)
        {
            pieces.Add(group);
        }
        foreach (var piece in pieces.Finish())
        {
            IReadOnlyList<KeyStretch> inside = [.. conditions, piece.Stretch];
            var next = piece.Stretch.From == piece.Stretch.To ? level + 1 : level;
            if (piece.Bytes <= bytesMax || next == _columns.Count)
            {
                yield return new KeyRange(inside, piece.Rows, piece.Bytes);
                continue;
            }
            foreach (var range in Cut(Groups(inside, next), inside, next))
            {
                yield return range;
            }
        }
    }

    private IEnumerable<KeyGroup> Groups(IReadOnlyList<KeyStretch> conditions, int level) =>
        _columns[level].Type == FieldType.String
            ? source.CountByText(_columns[level], conditions)
            : source.CountByNumber(_columns[level], conditions, Buckets);

    private static IReadOnlyList<Field> Columns(LakeTable table)
    {
        IEnumerable<string> names = [.. table.Order, "log_offset", "batch_index"];
        return [.. names.Select(table.Schema.Find).OfType<Field>()];
    }
}

/// <summary>Rows that share a value of a column, or a bucket of values.</summary>
/// <param name="Bytes">About the memory that they take.</param>
internal readonly record struct KeyGroup(KeyValue From, KeyValue To, long Rows, long Bytes);

/// <summary>Rows of values that follow each other.</summary>
internal sealed record KeyPiece(KeyStretch Stretch, long Rows, long Bytes);

/// <summary>Joins groups that follow each other into as few pieces as fit; one that does not fit stays alone.</summary>
internal sealed class KeyPieces(Field column, long bytesMax)
{
    private readonly List<KeyPiece> _pieces = [];
    private KeyPiece? _last;

    public void Add(in KeyGroup group)
    {
        if (_last is { } last && last.Bytes + group.Bytes <= bytesMax)
        {
            _last = new KeyPiece(
                last.Stretch with { To = group.To }, last.Rows + group.Rows, last.Bytes + group.Bytes);
            return;
        }
        EndLast();
        _last = new KeyPiece(new KeyStretch(column, group.From, group.To), group.Rows, group.Bytes);
    }

    public IReadOnlyList<KeyPiece> Finish()
    {
        EndLast();
        return _pieces;
    }

    private void EndLast()
    {
        if (_last is { } last)
        {
            _pieces.Add(last);
        }
        _last = null;
    }
}
