using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Millrace.Fuzz;

/// <summary>Puts a probe, <c>Coverage.Hits[n]++</c>, before each basic block of the types chosen.</summary>
internal sealed class Instrumenter(IReadOnlyList<string> namespaces)
{
    /// <summary>Probes placed so far; the next block's number.</summary>
    public int Blocks { get; private set; }

    /// <returns>The rewritten assembly.</returns>
    public MemoryStream Rewrite(string path)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly =
            AssemblyDefinition.ReadAssembly(path, new ReaderParameters { AssemblyResolver = resolver });
        var hits = assembly.MainModule.ImportReference(typeof(Coverage).GetField(nameof(Coverage.Hits)));
        foreach (var type in assembly.MainModule.GetTypes().Where(IsChosen))
        {
            foreach (var method in type.Methods.Where(method => method.HasBody))
            {
                Probe(method.Body, hits);
            }
        }
        var rewritten = new MemoryStream();
        assembly.Write(rewritten);
        rewritten.Position = 0;
        return rewritten;
    }

    private bool IsChosen(TypeDefinition type)
    {
        while (type.DeclaringType is not null)
        {
            type = type.DeclaringType;
        }
        return namespaces.Contains(type.Namespace);
    }

    private void Probe(MethodBody body, FieldReference hits)
    {
        body.SimplifyMacros();
        var writer = body.GetILProcessor();
        var probes = new Dictionary<Instruction, Instruction>();
        foreach (var start in Starts(body))
        {
            if (Blocks == Coverage.BlocksMax)
            {
                throw new InvalidOperationException($"There are more than {Coverage.BlocksMax} blocks.");
            }
            var probe = writer.Create(OpCodes.Ldsfld, hits);
            probes.Add(start, probe);
            foreach (var instruction in (Instruction[])
            [
                probe, writer.Create(OpCodes.Ldc_I4, Blocks++), writer.Create(OpCodes.Add), writer.Create(OpCodes.Dup),
                writer.Create(OpCodes.Ldind_U1), writer.Create(OpCodes.Ldc_I4_1), writer.Create(OpCodes.Add),
                writer.Create(OpCodes.Stind_I1),
            ])
            {
                writer.InsertBefore(start, instruction);
            }
        }
        Redirect(body, probes);
        body.OptimizeMacros();
    }

    private static HashSet<Instruction> Starts(MethodBody body)
    {
        var starts = new HashSet<Instruction> { body.Instructions[0] };
        foreach (var instruction in body.Instructions)
        {
            starts.UnionWith(Targets(instruction));
            if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch)
            {
                starts.Add(instruction.Next);
            }
        }
        foreach (var handler in body.ExceptionHandlers)
        {
            starts.Add(handler.TryStart);
            starts.Add(handler.HandlerStart);
        }
        return starts;
    }

    private static Instruction[] Targets(Instruction instruction) => instruction.Operand switch
    {
        Instruction target => [target],
        Instruction[] targets => targets,
        _ => [],
    };

    /// <summary>Whoever went to a block goes to its probe.</summary>
    private static void Redirect(MethodBody body, Dictionary<Instruction, Instruction> probes)
    {
        Instruction? To(Instruction? target) =>
            target is not null && probes.TryGetValue(target, out var probe) ? probe : target;
        foreach (var instruction in body.Instructions)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction target => To(target),
                Instruction[] targets => targets.Select(target => To(target)!).ToArray(),
                var other => other,
            };
        }
        foreach (var handler in body.ExceptionHandlers)
        {
            (handler.TryStart, handler.TryEnd) = (To(handler.TryStart), To(handler.TryEnd));
            (handler.HandlerStart, handler.HandlerEnd) = (To(handler.HandlerStart), To(handler.HandlerEnd));
            handler.FilterStart = To(handler.FilterStart);
        }
    }
}
