using System.Text.Json;

namespace Millrace.Send;

/// <summary>Makes write keys with an admin key.</summary>
internal sealed class WriteKeys(Uri server, HttpClient http, TimeProvider clock)
{
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(15);

    private readonly RetryingPost _post = new(http, clock, GiveUpAfter);

    /// <returns>The key's value; null: <paramref name="adminKey"/> may not make keys, or no keys are made
    /// there.</returns>
    /// <exception cref="SendFailedException">Nothing answers.</exception>
    public async Task<string?> TryCreateAsync(string adminKey, string tenant, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string> { ["tenant"] = tenant, ["source"] = "generate", ["role"] = "write" });
        var post = new Post(new Uri(server, "/api/keys"), adminKey, body, "application/json");
        var reply = await _post.SendAsync(post, cancellationToken);
        return reply.IsSuccess ? reply.Member("key")?.GetString() : null;
    }
}
