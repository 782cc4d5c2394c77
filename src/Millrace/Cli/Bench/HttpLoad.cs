using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Cli;

/// <summary>What is posted, where and how fast.</summary>
/// <param name="Body">The body of a request by its number, from 0; null: there is no such request, the load ends.
/// Called by many threads.</param>
internal sealed record LoadPlan(Uri To, string Key, int Connections, Func<long, byte[]?> Body)
{
    /// <summary>Requests per second on a schedule that does not wait for answers (open loop); null: each connection
    /// sends as soon as it has its answer (closed loop).</summary>
    public double? Rate { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Milliseconds">Of each answer, sorted: from when its request was due, so that time in which nothing
/// could be sent counts; in a closed loop from when it was sent.</param>
internal sealed record LoadResult(long Errors, TimeSpan Elapsed, double[] Milliseconds)
{
    public double PerSecond => Milliseconds.Length / Elapsed.TotalSeconds;

    public double Percentile(double share) => Percentiles.Of(Milliseconds, share);
}

/// <summary>Percentiles of sorted values, by nearest rank.</summary>
internal static class Percentiles
{
    public static double Of(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(sorted.Length * share))];
}

/// <summary>Posts over keep-alive connections, each with a thread of its own that blocks in the kernel: a timer or a
/// thread pool of ours would put its own lateness into every figure.</summary>
internal sealed partial class HttpLoad(LoadPlan plan, TimeProvider clock)
{
    private const int AnswerBytesMax = 16 << 10;
    private const int TimeoutMilliseconds = 30_000;

    /// <summary>Longer sleeps of <c>usleep</c> are not portable.</summary>
    private const double SleepMicrosecondsMax = 900_000;

    private long _next = -1;
    private long _errors;
    private long _begin;

    /// <summary>Returns when the last request has its answer.</summary>
    public LoadResult Run()
    {
        var answers = new List<double>[plan.Connections];
        // Time begins when all are connected: what starting them takes is no answer's.
        using var connected = new Barrier(plan.Connections, _ => _begin = clock.GetTimestamp());
        var threads = Enumerable.Range(0, plan.Connections).Select(index => new Thread(() =>
        {
            answers[index] = [];
            using var socket = Connect();
            connected.SignalAndWait();
            Post(socket, answers[index]);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var elapsed = clock.GetElapsedTime(_begin);
        return new LoadResult(_errors, elapsed, [.. answers.SelectMany(own => own).Order()]);
    }

    private void Post(Socket socket, List<double> answers)
    {
        var answer = new byte[AnswerBytesMax];
        for (var number = Interlocked.Increment(ref _next); plan.Body(number) is { } body;
            number = Interlocked.Increment(ref _next))
        {
            var due = WaitUntilDue(number);
            try
            {
                Send(socket, body);
                if (!IsGood(Receive(socket, answer)))
                {
                    Interlocked.Increment(ref _errors);
                }
            }
            catch (SocketException)
            {
                Interlocked.Increment(ref _errors);
                return;
            }
            answers.Add((clock.GetElapsedTime(_begin) - due).TotalMilliseconds);
        }
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true, ReceiveTimeout = TimeoutMilliseconds, SendTimeout = TimeoutMilliseconds,
        };
        socket.Connect(IPAddress.Parse(plan.To.Host), plan.To.Port);
        return socket;
    }

    /// <returns>When the request was due, since the begin.</returns>
    private TimeSpan WaitUntilDue(long number)
    {
        if (plan.Rate is not { } rate)
        {
            return clock.GetElapsedTime(_begin);
        }
        var due = TimeSpan.FromSeconds(number / rate);
        for (var left = due - clock.GetElapsedTime(_begin); left > TimeSpan.Zero;
            left = due - clock.GetElapsedTime(_begin))
        {
            _ = Sleep((uint)Math.Clamp(left.TotalMicroseconds, 1, SleepMicrosecondsMax));
        }
        return due;
    }

    private void Send(Socket socket, byte[] body)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"""
            POST {plan.To.AbsolutePath} HTTP/1.1
            Host: {plan.To.Authority}
            Authorization: Bearer {plan.Key}
            Content-Type: application/json
            Content-Length: {body.Length}


            """);
        byte[] request = [.. Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n")), .. body];
        for (var sent = 0; sent < request.Length;)
        {
            sent += socket.Send(request.AsSpan(sent));
        }
    }

    /// <returns>The whole answer, or what came of it before the connection ended.</returns>
    private static ReadOnlySpan<byte> Receive(Socket socket, byte[] answer)
    {
        var received = 0;
        while (received < answer.Length)
        {
            var count = socket.Receive(answer.AsSpan(received));
            received += count;
            if (count == 0 || IsWhole(answer.AsSpan(0, received)))
            {
                break;
            }
        }
        return answer.AsSpan(0, received);
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        var length = answer.IndexOf("Content-Length: "u8);
        if (head < 0 || length < 0)
        {
            return head >= 0;
        }
        var digits = answer[(length + "Content-Length: ".Length)..];
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out int bytes, out _)
            && answer.Length >= head + 4 + bytes;
    }

    private static bool IsGood(ReadOnlySpan<byte> answer) => answer.StartsWith("HTTP/1.1 2"u8) && IsWhole(answer);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);
}
