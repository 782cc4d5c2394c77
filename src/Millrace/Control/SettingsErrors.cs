namespace Millrace.Control;

/// <summary>Everything that is wrong in one reading of the file, and where its <c>${NAME}</c> come from.</summary>
internal sealed class SettingsErrors(string file, Func<string, string?> environment)
{
    private readonly List<string> _sentences = [];

    public IReadOnlyList<string> Sentences => _sentences;

    public void Add(int line, string sentence) => _sentences.Add($"{file} line {line}: {sentence}");

    /// <summary>Replaces each <c>${NAME}</c>; a variable that is not set is an error.</summary>
    public string Expand(SettingsNode node)
    {
        var text = node.Text;
        for (var start = text.IndexOf("${", StringComparison.Ordinal); start >= 0;
            start = text.IndexOf("${", start, StringComparison.Ordinal))
        {
            var end = text.IndexOf('}', start);
            if (end < 0)
            {
                Add(node.Line, "a '${' has no '}' after it.");
                return text;
            }
            var name = text[(start + 2)..end];
            var value = environment(name);
            if (value is null)
            {
                Add(node.Line, $"the environment variable '{name}' is not set.");
                value = "";
            }
            text = string.Concat(text.AsSpan(0, start), value, text.AsSpan(end + 1));
            start += value.Length;
        }
        return text;
    }
}
