namespace Millrace.Send;

/// <summary>The server cannot or will not take events; the message says what to do.</summary>
internal sealed class SendFailedException(string sentence) : IOException(sentence);
