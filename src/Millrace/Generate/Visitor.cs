namespace Millrace.Generate;

/// <summary>A person with a device. Everything about one follows from its number, so none needs to be kept.</summary>
internal readonly struct Visitor
{
    private readonly ulong _bits;

    public Visitor(ulong seed, int tenant, int user, DeviceKind? kind)
    {
        _bits = Chance.Mix(seed, ((ulong)tenant << 40) ^ (uint)user);
        City = Cities.Of(Unit(1));
        Device = Devices.Of(kind ?? (Unit(2) < 0.55 ? DeviceKind.App : DeviceKind.Browser), Unit(3));
    }

    public City City { get; }

    public Device Device { get; }

    /// <summary>Known to the shop from the first page on.</summary>
    public bool IsSignedIn => Unit(4) < TrafficModel.SignedInShare;

    /// <summary>This one's SDK writes local times with their offset.</summary>
    public bool WritesOffsets => Unit(5) < 0.125;

    /// <summary>Up to about ten kilometres from the city's centre, always the same place.</summary>
    public double Latitude => City.Latitude + (Unit(6) - 0.5) * 0.2;

    public double Longitude => City.Longitude + (Unit(7) - 0.5) * 0.2;

    /// <summary>Bits that are always the same for this visitor and name.</summary>
    public ulong Bits(ulong name) => Chance.Mix(_bits, name);

    private double Unit(ulong name) => Chance.ToUnit(Bits(name));
}
