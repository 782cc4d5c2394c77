using System.Buffers.Binary;
using System.Buffers;

namespace Millrace.Protocols;

/// <summary>Copies JSON values without loss: numbers and spaces as written, every field kept.</summary>
/// <remarks>
/// Two things change, because no engine agrees on them: of members with the same name (compared by what they say, so
/// <c>a</c> = <c>\u0061</c>) only the last stays, and an escape of half a surrogate pair becomes U+FFFD.
/// Hot path: one walk and, where nothing changes, one copy; nothing is allocated for values of fewer than 64 members.
/// </remarks>
internal static class JsonText
{
    /// <summary>Copies a value. Copying the copy changes nothing.</summary>
    /// <param name="json">One value, in text that a JSON reader has already accepted.</param>
    /// <param name="target">At least as long as <paramref name="json"/>; must not overlap it.</param>
    /// <returns>The bytes written.</returns>
    public static int Copy(ReadOnlySpan<byte> json, Span<byte> target)
    {
        Span<Member> members = stackalloc Member[64];
        var copy = new Copier(json, target, members);
        try
        {
            return copy.Run();
        }
        finally
        {
            copy.Dispose();
        }
    }

    /// <summary>A member of an object that is still open, or of one around it.</summary>
    private struct Member
    {
        public ulong NameHash;
        public int NameStart;
        public int NameLength;

        /// <summary>Where it stands in the target; an end of -1 marks one that a later member replaced.</summary>
        public int Start;
        public int End;
    }

    private readonly struct ByHash : IComparer<Member>
    {
        public int Compare(Member x, Member y) => x.NameHash.CompareTo(y.NameHash);
    }

    private readonly struct ByStart : IComparer<Member>
    {
        public int Compare(Member x, Member y) => x.Start.CompareTo(y.Start);
    }

    private readonly struct ByName(byte[] names) : IComparer<Member>
    {
        public int Compare(Member x, Member y)
        {
            var order = Name(x).SequenceCompareTo(Name(y));
            return order != 0 ? order : x.Start.CompareTo(y.Start);
        }

        public ReadOnlySpan<byte> Name(Member member) => names.AsSpan(member.NameStart, member.NameLength);
    }

    /// <summary>The walk. Source up to <c>_copied</c> is in the target; what follows is copied only when something
    /// changes.</summary>
    private ref struct Copier(ReadOnlySpan<byte> source, Span<byte> target, Span<Member> members)
    {
        // Bodies nest at most 200 deep, and context.extra.extra adds a few levels.
        private const int DepthMax = 256;
        private const int ComparedPairwiseMax = 32;

        private readonly ReadOnlySpan<byte> _source = source;
        private readonly Span<byte> _target = target;
        private Span<Member> _members = members;
        private Member[]? _rented;
        private int _memberCount;
        private int _copied;
        private int _written;

        public int Run()
        {
            // Per open container: the index of its first member, or -1 for an array.
            Span<int> open = stackalloc int[DepthMax];
            var depth = 0;
            var isName = false;
            for (var at = 0; at < _source.Length; at++)
            {
                switch (_source[at])
                {
                    case (byte)'"':
                        at = String(at + 1, isName);
                        isName = false;
                        break;
                    case (byte)'{':
                        open[depth++] = _memberCount;
                        isName = true;
                        break;
                    case (byte)'[':
                        open[depth++] = -1;
                        break;
                    case (byte)',' when open[depth - 1] >= 0:
                        _members[_memberCount - 1].End = InTarget(at);
                        isName = true;
                        break;
                    case (byte)'}':
                        CloseObject(open[--depth], at);
                        isName = false;
                        break;
                    case (byte)']':
                        depth--;
                        break;
                    default:
                        break;
                }
            }
            CopyUpTo(_source.Length);
            return _written;
        }

        public void Dispose()
        {
            if (_rented is not null)
            {
                ArrayPool<Member>.Shared.Return(_rented);
                _rented = null;
            }
        }

        private readonly int InTarget(int at) => _written + at - _copied;

        private void CopyUpTo(int at)
        {
            _source[_copied..at].CopyTo(_target[_written..]);
            _written += at - _copied;
            _copied = at;
        }

        /// <returns>The position of the closing quote.</returns>
        private int String(int start, bool isName)
        {
            var end = JsonScan.ClosingQuote(_source, start);
            var inside = _source[start..end];
            var isEscaped = JsonString.IsEscaped(inside);
            if (isName)
            {
                Push(start, end, isEscaped);
            }
            if (isEscaped)
            {
                ReplaceHalfPairs(start, end);
            }
            return end;
        }

        private void ReplaceHalfPairs(int at, int end)
        {
            while (true)
            {
                var plain = _source[at..end].IndexOf((byte)'\\');
                if (plain < 0)
                {
                    return;
                }
                at += plain;
                var escapeBytes = 2;
                if (_source[at + 1] == 'u' && JsonString.ReadUnicodeEscape(_source[at..end], out escapeBytes) is null)
                {
                    CopyUpTo(at);
                    JsonString.Replacement.CopyTo(_target[_written..]);
                    _written += JsonString.Replacement.Length;
                    _copied = at + escapeBytes;
                }
                at += _source[at + 1] == 'u' ? escapeBytes : 2;
            }
        }

        private void Push(int start, int end, bool isEscaped)
        {
            if (_memberCount == _members.Length)
            {
                Grow();
            }
            var name = _source[start..end];
            if (isEscaped)
            {
                // The place where the name will be copied to is still free, and what it says is no longer than it.
                var scratch = _target.Slice(InTarget(start), name.Length);
                name = scratch[..JsonString.Unescape(name, scratch)];
            }
            _members[_memberCount++] = new Member
            {
                NameHash = Hash(name), NameStart = start, NameLength = end - start, Start = InTarget(start - 1),
            };
        }

        private void Grow()
        {
            var larger = ArrayPool<Member>.Shared.Rent(_members.Length * 2);
            _members.CopyTo(larger);
            Dispose();
            _rented = larger;
            _members = larger;
        }

        private void CloseObject(int firstMember, int at)
        {
            var members = _members[firstMember.._memberCount];
            _memberCount = firstMember;
            if (members.Length < 2 || !MayRepeat(members))
            {
                return;
            }
            members.Sort(default(ByStart));
            members[^1].End = InTarget(at);
            CopyUpTo(at);
            DropReplaced(members);
        }

        private static bool MayRepeat(Span<Member> members)
        {
            if (members.Length > ComparedPairwiseMax)
            {
                members.Sort(default(ByHash));
                for (var i = 1; i < members.Length; i++)
                {
                    if (members[i].NameHash == members[i - 1].NameHash)
                    {
                        return true;
                    }
                }
                return false;
            }
            for (var i = 1; i < members.Length; i++)
            {
                foreach (ref readonly var earlier in members[..i])
                {
                    if (earlier.NameHash == members[i].NameHash)
                    {
                        return true;
                    }
                }
            }
            return false;
        }

        /// <summary>Sorted by name and not compared pairwise: hashes can be made to collide, and then this stays n
        /// log n.</summary>
        private void DropReplaced(Span<Member> members)
        {
            var names = ArrayPool<byte>.Shared.Rent(_source.Length);
            try
            {
                var used = 0;
                foreach (ref var member in members)
                {
                    var length = JsonString.Unescape(
                        _source.Slice(member.NameStart, member.NameLength), names.AsSpan(used));
                    (member.NameStart, member.NameLength) = (used, length);
                    used += length;
                }
                var byName = new ByName(names);
                members.Sort(byName);
                for (var i = 1; i < members.Length; i++)
                {
                    if (byName.Name(members[i]).SequenceEqual(byName.Name(members[i - 1])))
                    {
                        members[i - 1].End = -1;
                    }
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(names);
            }
            members.Sort(default(ByStart));
            CloseGaps(members);
        }

        private void CloseGaps(Span<Member> members)
        {
            var at = members[0].Start;
            var isFirst = true;
            foreach (ref readonly var member in members)
            {
                if (member.End < 0)
                {
                    continue;
                }
                if (!isFirst)
                {
                    _target[at++] = (byte)',';
                }
                isFirst = false;
                _target[member.Start..member.End].CopyTo(_target[at..]);
                at += member.End - member.Start;
            }
            _written = at;
        }

        private static ulong Hash(ReadOnlySpan<byte> name)
        {
            const ulong Odd = 0x9E3779B97F4A7C15;
            var hash = (ulong)name.Length * Odd;
            while (name.Length >= sizeof(ulong))
            {
                hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * Odd;
                hash ^= hash >> 32;
                name = name[sizeof(ulong)..];
            }
            var rest = 0UL;
            foreach (var letter in name)
            {
                rest = (rest << 8) | letter;
            }
            hash = (hash ^ rest) * Odd;
            return hash ^ (hash >> 29);
        }
    }
}
