namespace Millrace.Lake;

/// <summary>Rows of one data file, in the order of the table.</summary>
internal readonly record struct SlotRows(FileSlot Slot, ReadOnlyMemory<int> Rows);

/// <summary>Sorts row numbers: by file, then as the table wants it, nulls first, then as they came.</summary>
/// <remarks>Keys are sorted and rows stay where they are: a row is wide, its key is not.</remarks>
internal static class RowOrder
{
    private const long MicrosPerHour = 3_600_000_000;

    /// <param name="rows">Each has a value in its table's time column.</param>
    /// <param name="currentHour">As for <see cref="FileSlots.For"/>.</param>
    public static IReadOnlyList<SlotRows> BySlot(LakeRows rows, long? currentHour)
    {
        var hours = Hours(rows);
        var slots = FileSlots.For(hours.Distinct(), currentHour);
        var keys = Keys(rows, Slots(hours, slots, currentHour));
        Array.Sort(keys);
        var order = Array.ConvertAll(keys, key => key.Row);
        var found = new List<SlotRows>(slots.Count);
        for (var from = 0; from < keys.Length; from += found[^1].Rows.Length)
        {
            var slot = keys[from].Slot;
            var to = Array.FindIndex(keys, from, key => key.Slot != slot);
            found.Add(new SlotRows(slots[slot], order.AsMemory(from..(to < 0 ? keys.Length : to))));
        }
        return found;
    }

    /// <summary>For each row the slot of its hour, as an index.</summary>
    private static int[] Slots(long[] hours, IReadOnlyList<FileSlot> slots, long? currentHour)
    {
        var indexes = slots.Index().ToDictionary(slot => slot.Item, slot => slot.Index);
        var ofHour = hours.Distinct().ToDictionary(hour => hour, hour => indexes[FileSlots.Of(hour, currentHour)]);
        return Array.ConvertAll(hours, hour => ofHour[hour]);
    }

    private static Key[] Keys(LakeRows rows, int[] slots)
    {
        var table = rows.Table;
        var ranks = table.Order.Select(column => Ranks(rows, table.Schema.Find(column)!.Id)).ToArray();
        var keys = new Key[rows.Count];
        for (var row = 0; row < keys.Length; row++)
        {
            keys[row] = new Key(
                slots[row], ranks[0][row], ranks[1][row], ranks.Length > 2 ? ranks[2][row] : 0, row);
        }
        return keys;
    }

    private static long[] Hours(LakeRows rows)
    {
        var time = rows.Numbers(rows.Table.Partition.Fields[0].SourceId)!;
        var hours = new long[rows.Count];
        for (var row = 0; row < hours.Length; row++)
        {
            time.TryGet(row, out var micros);
            hours[row] = Math.DivRem(micros, MicrosPerHour) is var (hour, rest) && rest < 0 ? hour - 1 : hour;
        }
        return hours;
    }

    /// <summary>For each row a number that orders it by a column.</summary>
    private static long[] Ranks(LakeRows rows, int field)
    {
        var ranks = new long[rows.Count];
        if (rows.Numbers(field) is { } numbers)
        {
            for (var row = 0; row < ranks.Length; row++)
            {
                ranks[row] = numbers.TryGet(row, out var value) ? value : long.MinValue;
            }
            return ranks;
        }
        var text = rows.Text(field)!;
        var rankOfValue = RanksOfValues(text);
        for (var row = 0; row < ranks.Length; row++)
        {
            ranks[row] = text.Number(row) is var number && number == TextColumn.Null ? -1 : rankOfValue[number];
        }
        return ranks;
    }

    /// <summary>By UTF-8 bytes, as every engine compares text. Equal values have equal ranks.</summary>
    private static int[] RanksOfValues(TextColumn text)
    {
        var sorted = new int[text.ValueCount];
        for (var number = 0; number < sorted.Length; number++)
        {
            sorted[number] = number;
        }
        Array.Sort(sorted, (left, right) => text.Value(left).SequenceCompareTo(text.Value(right)));
        var ranks = new int[sorted.Length];
        for (var at = 1; at < sorted.Length; at++)
        {
            var isSame = text.Value(sorted[at]).SequenceEqual(text.Value(sorted[at - 1]));
            ranks[sorted[at]] = isSame ? ranks[sorted[at - 1]] : at;
        }
        return ranks;
    }

    private readonly record struct Key(int Slot, long First, long Second, long Third, int Row) : IComparable<Key>
    {
        public int CompareTo(Key other) =>
            Slot != other.Slot ? Slot.CompareTo(other.Slot)
            : First != other.First ? First.CompareTo(other.First)
            : Second != other.Second ? Second.CompareTo(other.Second)
            : Third != other.Third ? Third.CompareTo(other.Third)
            : Row.CompareTo(other.Row);
    }
}
