using System.Text;

namespace Millrace.Integration.Hostile;

/// <summary>Every kind of defect that UTF-8 can have (Unicode, table 3-7), in one piece and cut at every
/// place.</summary>
public class Utf8Tests
{
    private static readonly string[] Defects =
    [
        // Continuation alone, bytes that never stand anywhere, five and six bytes.
        "80", "bf", "c0", "c1", "f5", "f8", "fe", "ff", "f888808080", "fc8480808080",
        // Overlong: NUL and slash in two, three and four bytes, and the greatest of each length.
        "c080", "c0af", "c1bf", "e08080", "e080af", "e09fbf", "f0808080", "f08080af", "f08fbfbf",
        // Surrogates, alone and in pairs.
        "eda080", "edafbf", "edb080", "edbfbf", "eda080edb080", "edafbfedbfbf",
        // Beyond U+10FFFF.
        "f4908080", "f4bfbfbf", "f5808080", "f7bfbfbf",
        // Cut off, or with something else where a continuation must stand.
        "c2", "dfc3", "e0a0", "e1", "ef", "efbf", "f0", "f090", "f09080", "f48fbf", "c241", "e0a041", "f0908041",
    ];

    private static readonly string[] Sound =
    [
        "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbd", "efbfbe", "efbfbf", "efbbbf", "f0908080", "f09f9880",
        "f48fbfbf",
    ];

    [Fact]
    public async Task What_is_no_utf8_is_refused_however_it_is_cut()
    {
        await using var target = await Target.StartAsync();
        using var connection = await RawConnection.OpenAsync(target.Port);
        foreach (var hex in JsonCorpus.NotUtf8)
        {
            await ShouldAnswerAsync(target, connection, Convert.FromHexString(hex), (400, "invalid_utf8"));
        }
        foreach (var hex in Defects)
        {
            var defect = Convert.FromHexString(hex);
            await ShouldAnswerAsync(target, connection, Event(defect), (400, "invalid_utf8"));
            // At the very end of a body, where a reader may wait for more.
            await ShouldAnswerAsync(target, connection, [.. "{\"event\":\"a"u8, .. defect], (400, "invalid_utf8"));
        }
        target.Accepted.ShouldBe(0);
        await target.ShouldHaveStoodAsync();
    }

    [Fact]
    public async Task The_limits_of_utf8_are_taken_however_they_are_cut()
    {
        await using var target = await Target.StartAsync();
        using var connection = await RawConnection.OpenAsync(target.Port);
        foreach (var hex in Sound)
        {
            await ShouldAnswerAsync(target, connection, Event(Convert.FromHexString(hex)), (200, ""));
        }
        await ShouldAnswerAsync(target, connection, [0xEF, 0xBB, 0xBF, .. Event("m"u8)], (200, ""));
        await ShouldAnswerAsync(target, connection, [.. Event("m"u8), 0xEF, 0xBB, 0xBF], (400, "invalid_json"));
        await target.SettledAsync();

        var stored = await target.Api.SqlAsync("SELECT DISTINCT user_id FROM events WHERE event = 'utf8'");
        stored.Select(row => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(row[0].GetString()!)))
            .ShouldBe(Sound.Append("6d"), ignoreOrder: true);
        await target.ShouldHaveStoodAsync();
    }

    /// <summary>As one body, and in two chunks for every place where it can be cut.</summary>
    private static async Task ShouldAnswerAsync(
        Target target, RawConnection connection, byte[] body, (int Status, string Code) expected)
    {
        var cuts = Enumerable.Range(1, body.Length - 1).Where(at => body[at - 1] >= 0x80 || body[at] >= 0x80);
        byte[][] requests =
            [RawConnection.Post(body), .. cuts.Select(at => RawConnection.PostChunks(body[..at], body[at..]))];
        foreach (var request in requests)
        {
            (await connection.SendAsync(request)).ShouldBeTrue();
            var answer = await connection.ReadAsync();
            target.Note(answer);
            (answer!.Status, answer.Code).ShouldBe(expected, Convert.ToHexStringLower(body));
        }
    }

    private static byte[] Event(ReadOnlySpan<byte> text) =>
        [.. "{\"event\":\"utf8\",\"user_id\":\""u8, .. text, .. "\"}"u8];
}
