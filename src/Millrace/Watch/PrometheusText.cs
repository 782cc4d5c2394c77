using System.Globalization;
using System.Text;

namespace Millrace.Watch;

/// <summary>Writes figures in the Prometheus text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IEnumerable<InstrumentSeries> instruments)
    {
        var text = new StringBuilder();
        foreach (var instrument in instruments)
        {
            var name = Name(instrument);
            text.Append("# HELP ").Append(name).Append(' ').Append(EscapeHelp(instrument.Instrument.Description ?? ""))
                .Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(instrument.Kind.ToString().ToLowerInvariant())
                .Append('\n');
            foreach (var (tags, series) in instrument.Series)
            {
                Write(text, name, instrument, (Labels(tags), series));
            }
        }
        return text.ToString();
    }

    private static void Write(StringBuilder text, string name, InstrumentSeries instrument,
        (string Labels, Series Series) one)
    {
        var (sum, cumulative) = one.Series.Read();
        if (instrument.Kind != InstrumentKind.Histogram)
        {
            Line(text, name, one.Labels, sum);
            return;
        }
        var separator = one.Labels.Length > 0 ? "," : "";
        for (var at = 0; at < cumulative.Length; at++)
        {
            var bound = at < instrument.Bounds.Length ? Number(instrument.Bounds[at]) : "+Inf";
            Line(text, name + "_bucket", $"{one.Labels}{separator}le=\"{bound}\"", cumulative[at]);
        }
        Line(text, name + "_sum", one.Labels, sum);
        Line(text, name + "_count", one.Labels, cumulative[^1]);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Name(InstrumentSeries instrument)
    {
        var name = Identifier(instrument.Instrument.Name);
        var unit = instrument.Instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal))
        {
            name += unit;
        }
        return instrument.Kind == InstrumentKind.Counter ? name + "_total" : name;
    }

    private static string Labels(TagSet tags) => string.Join(',', tags.Tags.Select(tag =>
        $"{Identifier(tag.Key)}=\"{EscapeLabel(Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "")}\""));

    private static string Identifier(string name) =>
        string.Create(name.Length, name, (target, source) =>
        {
            for (var at = 0; at < source.Length; at++)
            {
                target[at] = char.IsAsciiLetterOrDigit(source[at]) ? source[at] : '_';
            }
        });

    private static string EscapeHelp(string text) => text.Replace("\\", "\\\\").Replace("\n", "\\n");

    private static string EscapeLabel(string text) => EscapeHelp(text).Replace("\"", "\\\"");

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
