using System.Globalization;
using System.Text;

namespace Millrace.Generate;

/// <summary>A place where users live.</summary>
/// <param name="Weight">Its share among the places, roughly by population and by how much is bought online.</param>
/// <param name="OffsetMinutes">From UTC, without daylight saving: a curve over the day needs no better.</param>
internal sealed record City(double Latitude, double Longitude, int OffsetMinutes, int Weight)
{
    /// <summary>What a client there says about the place: members, each after a comma.</summary>
    public required byte[] Columns { get; init; }
}

/// <summary>A hundred cities, rounded coordinates.</summary>
internal static class Cities
{
    /// <summary>name | latitude | longitude | locale | IANA zone | offset from UTC in minutes | weight</summary>
    private const string Table = """
        New York|40.713|-74.006|en-US|America/New_York|-300|90
        Los Angeles|34.052|-118.244|en-US|America/Los_Angeles|-480|70
        Chicago|41.878|-87.630|en-US|America/Chicago|-360|50
        Houston|29.760|-95.370|en-US|America/Chicago|-360|38
        Phoenix|33.448|-112.074|en-US|America/Phoenix|-420|28
        Philadelphia|39.953|-75.165|en-US|America/New_York|-300|28
        San Antonio|29.424|-98.494|es-US|America/Chicago|-360|20
        Dallas|32.777|-96.797|en-US|America/Chicago|-360|32
        San Francisco|37.775|-122.419|en-US|America/Los_Angeles|-480|36
        Seattle|47.606|-122.332|en-US|America/Los_Angeles|-480|28
        Denver|39.739|-104.990|en-US|America/Denver|-420|22
        Boston|42.360|-71.059|en-US|America/New_York|-300|26
        Atlanta|33.749|-84.388|en-US|America/New_York|-300|26
        Miami|25.762|-80.192|es-US|America/New_York|-300|24
        Minneapolis|44.978|-93.265|en-US|America/Chicago|-360|16
        Kansas City|39.100|-94.578|en-US|America/Chicago|-360|10
        El Paso|31.762|-106.485|es-US|America/Denver|-420|8
        Honolulu|21.307|-157.858|en-US|Pacific/Honolulu|-600|5
        Anchorage|61.218|-149.900|en-US|America/Anchorage|-540|3
        Toronto|43.653|-79.383|en-CA|America/Toronto|-300|30
        Montréal|45.502|-73.567|fr-CA|America/Toronto|-300|18
        Vancouver|49.283|-123.121|en-CA|America/Vancouver|-480|14
        Mexico City|19.433|-99.133|es-MX|America/Mexico_City|-360|44
        Guadalajara|20.660|-103.350|es-MX|America/Mexico_City|-360|14
        Bogotá|4.711|-74.072|es-CO|America/Bogota|-300|18
        Lima|-12.046|-77.043|es-PE|America/Lima|-300|16
        Santiago|-33.449|-70.669|es-CL|America/Santiago|-240|14
        Buenos Aires|-34.604|-58.382|es-AR|America/Argentina/Buenos_Aires|-180|24
        São Paulo|-23.551|-46.633|pt-BR|America/Sao_Paulo|-180|60
        Rio de Janeiro|-22.907|-43.173|pt-BR|America/Sao_Paulo|-180|28
        Brasília|-15.794|-47.882|pt-BR|America/Sao_Paulo|-180|12
        Reykjavík|64.147|-21.943|is-IS|Atlantic/Reykjavik|0|2
        Dublin|53.350|-6.260|en-IE|Europe/Dublin|0|12
        London|51.507|-0.128|en-GB|Europe/London|0|80
        Manchester|53.481|-2.242|en-GB|Europe/London|0|24
        Glasgow|55.864|-4.252|en-GB|Europe/London|0|12
        Lisbon|38.722|-9.139|pt-PT|Europe/Lisbon|0|12
        Porto|41.158|-8.629|pt-PT|Europe/Lisbon|0|6
        Madrid|40.417|-3.704|es-ES|Europe/Madrid|60|32
        Barcelona|41.385|2.173|ca-ES|Europe/Madrid|60|24
        Paris|48.857|2.352|fr-FR|Europe/Paris|60|60
        Lyon|45.764|4.836|fr-FR|Europe/Paris|60|14
        Marseille|43.296|5.370|fr-FR|Europe/Paris|60|12
        Brussels|50.850|4.352|fr-BE|Europe/Brussels|60|12
        Amsterdam|52.368|4.904|nl-NL|Europe/Amsterdam|60|24
        Berlin|52.520|13.405|de-DE|Europe/Berlin|60|40
        Hamburg|53.551|9.994|de-DE|Europe/Berlin|60|22
        München|48.135|11.582|de-DE|Europe/Berlin|60|24
        Köln|50.938|6.960|de-DE|Europe/Berlin|60|16
        Kehl|48.573|7.815|de-DE|Europe/Berlin|60|1
        Basel|47.560|7.588|de-CH|Europe/Zurich|60|4
        Zürich|47.377|8.541|de-CH|Europe/Zurich|60|12
        Geneva|46.204|6.143|fr-CH|Europe/Zurich|60|6
        Wien|48.208|16.374|de-AT|Europe/Vienna|60|18
        Milano|45.464|9.190|it-IT|Europe/Rome|60|24
        Roma|41.903|12.496|it-IT|Europe/Rome|60|26
        Copenhagen|55.676|12.568|da-DK|Europe/Copenhagen|60|12
        Stockholm|59.329|18.069|sv-SE|Europe/Stockholm|60|16
        Oslo|59.914|10.752|nb-NO|Europe/Oslo|60|10
        Tromsø|69.649|18.956|nb-NO|Europe/Oslo|60|1
        Helsinki|60.170|24.938|fi-FI|Europe/Helsinki|120|8
        Tallinn|59.437|24.754|et-EE|Europe/Tallinn|120|3
        Warszawa|52.230|21.012|pl-PL|Europe/Warsaw|60|26
        Kraków|50.065|19.945|pl-PL|Europe/Warsaw|60|10
        Praha|50.076|14.438|cs-CZ|Europe/Prague|60|14
        Budapest|47.498|19.040|hu-HU|Europe/Budapest|60|12
        București|44.427|26.103|ro-RO|Europe/Bucharest|120|12
        Athens|37.984|23.728|el-GR|Europe/Athens|120|12
        Istanbul|41.008|28.978|tr-TR|Europe/Istanbul|180|48
        Ankara|39.933|32.860|tr-TR|Europe/Istanbul|180|16
        Kyiv|50.450|30.523|uk-UA|Europe/Kyiv|120|12
        Cairo|30.044|31.236|ar-EG|Africa/Cairo|120|30
        Casablanca|33.573|-7.590|fr-MA|Africa/Casablanca|60|10
        Lagos|6.524|3.379|en-NG|Africa/Lagos|60|28
        Accra|5.603|-0.187|en-GH|Africa/Accra|0|8
        Nairobi|-1.292|36.822|en-KE|Africa/Nairobi|180|12
        Johannesburg|-26.204|28.047|en-ZA|Africa/Johannesburg|120|18
        Cape Town|-33.925|18.424|en-ZA|Africa/Johannesburg|120|12
        Tel Aviv|32.085|34.782|he-IL|Asia/Jerusalem|120|10
        Riyadh|24.714|46.675|ar-SA|Asia/Riyadh|180|16
        Dubai|25.205|55.271|en-AE|Asia/Dubai|240|16
        Karachi|24.861|67.010|ur-PK|Asia/Karachi|300|24
        Mumbai|19.076|72.878|en-IN|Asia/Kolkata|330|56
        Delhi|28.614|77.209|hi-IN|Asia/Kolkata|330|60
        Bengaluru|12.972|77.595|en-IN|Asia/Kolkata|330|44
        Kathmandu|27.717|85.324|ne-NP|Asia/Kathmandu|345|4
        Dhaka|23.811|90.413|bn-BD|Asia/Dhaka|360|24
        Bangkok|13.756|100.502|th-TH|Asia/Bangkok|420|28
        Ho Chi Minh City|10.823|106.630|vi-VN|Asia/Ho_Chi_Minh|420|26
        Jakarta|-6.208|106.846|id-ID|Asia/Jakarta|420|44
        Singapore|1.352|103.820|en-SG|Asia/Singapore|480|18
        Manila|14.600|120.984|en-PH|Asia/Manila|480|28
        Hong Kong|22.319|114.169|zh-HK|Asia/Hong_Kong|480|20
        Taipei|25.033|121.565|zh-TW|Asia/Taipei|480|18
        Shanghai|31.230|121.474|zh-CN|Asia/Shanghai|480|40
        Seoul|37.567|126.978|ko-KR|Asia/Seoul|540|36
        Tokyo|35.676|139.650|ja-JP|Asia/Tokyo|540|64
        Osaka|34.694|135.502|ja-JP|Asia/Tokyo|540|26
        Perth|-31.951|115.861|en-AU|Australia/Perth|480|8
        Adelaide|-34.929|138.601|en-AU|Australia/Adelaide|570|6
        Melbourne|-37.814|144.963|en-AU|Australia/Melbourne|600|22
        Sydney|-33.869|151.209|en-AU|Australia/Sydney|600|24
        Auckland|-36.848|174.763|en-NZ|Pacific/Auckland|720|8
        Suva|-18.124|178.450|en-FJ|Pacific/Fiji|720|1
        """;

    private static readonly WeightedList<City> All = new(Table.Split('\n').Select(Read), city => city.Weight);

    /// <summary>The city of a number that is uniform in [0, 1).</summary>
    public static City Of(double unit) => All.Of(unit);

    private static City Read(string line)
    {
        var fields = line.Trim().Split('|');
        var culture = CultureInfo.InvariantCulture;
        return new City(
            double.Parse(fields[1], culture), double.Parse(fields[2], culture),
            int.Parse(fields[5], culture), int.Parse(fields[6], culture))
        {
            Columns = Encoding.UTF8.GetBytes($",\"locale\":\"{fields[3]}\",\"time_zone\":\"{fields[4]}\""),
        };
    }
}
