using Millrace.Events;

namespace Millrace.Protocols;

/// <summary>The protocols of this build, found by what an envelope says.</summary>
internal sealed class ProtocolTable(IReadOnlyList<IProtocol> protocols)
{
    public IReadOnlyList<IProtocol> Protocols => protocols;

    /// <summary>Finds the code that decodes a batch. Hot path: a handful of comparisons, no allocation.</summary>
    public bool TryFind(in Envelope envelope, out IProtocol protocol, out ProtocolRoute route)
    {
        foreach (var candidate in protocols)
        {
            if (!System.Text.Ascii.Equals(envelope.Protocol, candidate.Name))
            {
                continue;
            }
            foreach (var path in candidate.Routes)
            {
                if (System.Text.Ascii.Equals(envelope.Route, path.Path))
                {
                    (protocol, route) = (candidate, path);
                    return true;
                }
            }
        }
        (protocol, route) = (null!, null!);
        return false;
    }
}
