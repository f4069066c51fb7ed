using System.Text;

namespace Lucid.Cli.Output;

/// <summary>Leaves out spaces at the ends of lines, which tables are filled up with and logs and scripts have no use for.</summary>
internal sealed class TrimmingWriter(TextWriter inner) : TextWriter
{
    private int _spaces;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (value == ' ')
        {
            _spaces++;
            return;
        }
        if (value is not ('\r' or '\n'))
        {
            for (; _spaces > 0; _spaces--)
                inner.Write(' ');
        }
        _spaces = 0;
        inner.Write(value);
    }

    public override void Flush() => inner.Flush();
}
