using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Millrace.Integration.Hostile;

/// <summary>A connection that sends any bytes, as no HTTP library would, and reads answers.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly byte[] _bytes = new byte[64 << 10];
    private int _count;

    private RawConnection(Socket socket) => _socket = socket;

    /// <param name="port">On the loopback interface.</param>
    /// <param name="from">The client's own address there; null: as the system chooses.</param>
    public static async Task<RawConnection> OpenAsync(int port, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
            {
                socket.Bind(new IPEndPoint(from, 0));
            }
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return new RawConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A request for events with a key and a body, complete.</summary>
    public static byte[] Post(ReadOnlySpan<byte> body, string path = "/v1/events", string moreHeaders = "") =>
        [.. Encoding.Latin1.GetBytes(Head(path) + $"{moreHeaders}Content-Length: {body.Length}\r\n\r\n"), .. body];

    /// <summary>The same in chunks.</summary>
    public static byte[] PostChunks(params byte[][] chunks)
    {
        var request = new List<byte>(Encoding.Latin1.GetBytes(Head() + "Transfer-Encoding: chunked\r\n\r\n"));
        foreach (var chunk in chunks.Where(chunk => chunk.Length > 0))
        {
            request.AddRange([.. Encoding.Latin1.GetBytes($"{chunk.Length:x}\r\n"), .. chunk, .. "\r\n"u8]);
        }
        request.AddRange("0\r\n\r\n"u8);
        return [.. request];
    }

    /// <summary>Request line and headers so far, without the empty line.</summary>
    public static string Head(string path = "/v1/events") =>
        $"POST {path} HTTP/1.1\r\nHost: a\r\nX-Write-Key: {Workspace.WriteKey}\r\n";

    /// <summary>False: the other side is gone.</summary>
    public async Task<bool> SendAsync(params byte[] bytes)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += await _socket.SendAsync(bytes.AsMemory(sent));
            }
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Says that nothing more will be sent; answers can still come.</summary>
    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next answer; null: the connection was closed instead.</summary>
    /// <exception cref="TimeoutException">Neither happened.</exception>
    public async Task<RawAnswer?> ReadAsync()
    {
        while (true)
        {
            if (RawAnswer.TryParse(_bytes.AsSpan(0, _count), out var answer, out var length))
            {
                _bytes.AsSpan(length, _count - length).CopyTo(_bytes);
                _count -= length;
                if (answer.Status != 100)
                {
                    return answer;
                }
            }
            else if (await ReceiveAsync() is 0)
            {
                return null;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<int> ReceiveAsync()
    {
        try
        {
            var count = await _socket.ReceiveAsync(_bytes.AsMemory(_count)).AsTask().WaitAsync(Patience);
            _count += count;
            return count;
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}

/// <summary>Status and body; status 0: it is no answer of HTTP/1.1, and the body is its head.</summary>
internal sealed record RawAnswer(int Status, string Body)
{
    /// <summary>Of a refusal, its stable code.</summary>
    public string Code => Body.StartsWith('{') && System.Text.Json.JsonDocument.Parse(Body).RootElement
        .TryGetProperty("code", out var code) ? code.GetString()! : "";

    public static bool TryParse(ReadOnlySpan<byte> bytes, out RawAnswer answer, out int length)
    {
        (answer, length) = (null!, 0);
        var headEnd = bytes.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
        {
            return false;
        }
        var head = Encoding.Latin1.GetString(bytes[..headEnd]);
        var bodyLength = head.Split("\r\n").Where(line => line.StartsWith("Content-Length:", StringComparison.Ordinal))
            .Select(line => int.Parse(line["Content-Length:".Length..])).SingleOrDefault();
        length = headEnd + 4 + bodyLength;
        if (length > bytes.Length)
        {
            return false;
        }
        var isHttp = head.StartsWith("HTTP/1.1 ", StringComparison.Ordinal);
        var body = Encoding.UTF8.GetString(bytes.Slice(headEnd + 4, bodyLength));
        answer = isHttp ? new RawAnswer(int.Parse(head.AsSpan(9, 3)), body) : new RawAnswer(0, head);
        return true;
    }
}
