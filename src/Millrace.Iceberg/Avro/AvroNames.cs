using System.Globalization;
using System.Text;

namespace Millrace.Iceberg;

/// <summary>Column names as Avro and Parquet files may hold them.</summary>
internal static class AvroNames
{
    internal static string Sanitize(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (char letter in name)
        {
            if (char.IsLetter(letter) || letter == '_' || (char.IsDigit(letter) && text.Length > 0))
            {
                text.Append(letter);
            }
            else if (char.IsDigit(letter))
            {
                text.Append('_').Append(letter);
            }
            else
            {
                text.Append("_x").Append(((int)letter).ToString("X", CultureInfo.InvariantCulture));
            }
        }
        return text.ToString();
    }
}
