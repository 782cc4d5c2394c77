namespace Millrace.Generate;

/// <summary>Every parameter of the generated traffic, with where it comes from.</summary>
/// <remarks>Shares are of all lines unless said otherwise.</remarks>
internal static class TrafficModel
{
    // Who: few large, many small. Exponents below 1 for pages and items: Breslau et al., INFOCOM 1999.
    public const double TenantExponent = 1.1;
    public const double UserExponent = 0.8;
    public const double ItemExponent = 0.75;
    public const int Items = 2_000;

    /// <summary>Users of the largest tenant; the tenant of rank r has 1/r of them, and at least
    /// <see cref="UsersMin"/>.</summary>
    public const int UsersMax = 200_000;
    public const int UsersMin = 500;
    public const double SignedInShare = 0.35;

    // Sessions. Page counts: inverse Gaussian, Huberman et al., Science 280 (1998), with the order of their fits.
    public const double PagesMean = 5.0;
    public const double PagesShape = 6.2;
    public const int PagesMax = 60;

    // Think time: lognormal body, Barford and Crovella, SIGMETRICS 1998; cut well below a sessionizer's 30 minutes.
    public const double ThinkSecondsMedian = 15;
    public const double ThinkSigma = 1.0;
    public const double ThinkSecondsMax = 1_200;

    /// <summary>Mean of that lognormal: median * exp(sigma² / 2).</summary>
    public const double ThinkSecondsMean = 24.7;

    /// <summary>Sessions open at once; beyond this rate of events people only think faster, and memory stays
    /// bounded.</summary>
    public const int SessionsMax = 65_536;

    // Funnel of a shop: chances of the next step.
    public const double ProductAfterPage = 0.45;
    public const double SearchAfterPage = 0.08;
    public const double CartAfterProduct = 0.12;
    public const double CheckoutAfterCart = 0.40;
    public const double PurchaseAfterCheckout = 0.60;
    public const double RevenueMedian = 48;
    public const double RevenueSigma = 0.8;

    // The day: quietest at 04:00 local time, busiest at 20:00, four to one.
    public const double QuietestShare = 0.25;
    public const double BusiestHour = 20;

    /// <summary>Without a rate, the events are spread over this time before the start…</summary>
    public static readonly TimeSpan History = TimeSpan.FromHours(24);

    /// <summary>…and end this long before it, far from the rule about clocks that are 60 s off.</summary>
    public static readonly TimeSpan HistoryEndsBefore = TimeSpan.FromMinutes(5);

    /// <summary>Events per second when a duration is given and no rate.</summary>
    public const double DefaultRate = 1_000;

    // Dirt. Shares as in the synthetic workload of our own notes on public traces; each line has at most one kind.
    public const double DuplicateShare = 0.006;
    public const double LateShare = 0.02;
    public const double ClampedClockShare = 0.0025;
    public const double CorrectedClockShare = 0.0025;
    public const double SchemaViolationShare = 0.01;
    public const double HostileShare = 0.001;
    public const double NotAnObjectShare = 0.0005;
    public const double MissingEventShare = 0.001;
    public const double WrongTypeShare = 0.001;
    public const double UnreadableTimeShare = 0.001;

    /// <summary>One line in so many is larger than an event may be; the first stands in the middle of them.</summary>
    public const int OversizedEvery = 20_000;

    /// <summary>Bytes of the text that makes an event too large; the limit is 1 MB.</summary>
    public const int OversizedBytes = 1_200_000;

    /// <summary>Share of sessions.</summary>
    public const double BotShare = 0.03;

    /// <summary>Lines that come from a phone's queue after hours without a network, in runs.</summary>
    public const double OfflineShare = 0.05;
    public const int OfflineRunMin = 20;
    public const int OfflineRunMax = 100;
    public const double OfflineHoursMin = 2;
    public const double OfflineHoursMax = 48;

    /// <summary>Lines between an event and its second copy: mean, and ten times that for one in ten.</summary>
    public const double DuplicateLagMean = 300;

    // Lateness: lognormal, at least ten minutes so that it never looks like a slow network, at most seven days.
    public const double LateHoursMedian = 5;
    public const double LateSigma = 1.4;
    public const double LateHoursMin = 1.0 / 6;
    public const double LateHoursMax = 168;

    /// <summary>A clock that is off by hours, forwards or backwards, on a device that says when it sent.</summary>
    public const double ClockOffHoursMin = 3;
    public const double ClockOffHoursMax = 20;

    /// <summary>How busy an hour of local time is, from <see cref="QuietestShare"/> to 1.</summary>
    public static double Busyness(double localHour)
    {
        // Up for sixteen hours from 04:00, down for eight: each a half wave.
        var sinceQuiet = (localHour - (BusiestHour - 16) + 24) % 24;
        var phase = sinceQuiet <= 16 ? sinceQuiet / 16 : (24 - sinceQuiet) / 8;
        return QuietestShare + (1 - QuietestShare) * (1 - Math.Cos(Math.PI * phase)) / 2;
    }
}
