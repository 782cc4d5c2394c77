using System.Reflection;
using System.Runtime.Loader;

namespace Millrace.Fuzz;

/// <summary>Loads Millrace with probes, and this program once more, so that what it calls are the probed
/// assemblies.</summary>
internal sealed class InstrumentedContext : AssemblyLoadContext
{
    private static readonly string[] Probed = ["millrace", "Millrace.Log", "Millrace.Iceberg"];

    private readonly Dictionary<string, Assembly> _loaded = [];

    public InstrumentedContext(IReadOnlyList<string> namespaces)
    {
        var instrumenter = new Instrumenter(namespaces);
        var self = typeof(InstrumentedContext).Assembly;
        _loaded[self.GetName().Name!] = LoadFromAssemblyPath(self.Location);
        foreach (var name in Probed)
        {
            _loaded[name] = LoadFromStream(instrumenter.Rewrite(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
        }
        Blocks = instrumenter.Blocks;
    }

    public int Blocks { get; }

    /// <summary>A static method of this program's second copy.</summary>
    public MethodInfo Method(Type type, string name) => _loaded[type.Assembly.GetName().Name!]
        .GetType(type.FullName!, throwOnError: true)!.GetMethod(name, BindingFlags.Static | BindingFlags.Public)!;

    protected override Assembly? Load(AssemblyName assemblyName) =>
        _loaded.GetValueOrDefault(assemblyName.Name ?? "");
}
