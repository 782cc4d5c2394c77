namespace Millrace.Events;

/// <summary>Why a request was refused at the door; nothing of it was received.</summary>
/// <param name="Status">HTTP status of the native answer; a protocol may answer its SDKs differently.</param>
/// <param name="Code">Stable; ledger, metrics and problem+json carry it.</param>
/// <param name="Detail">What happened and what to do next.</param>
internal sealed record Refusal(int Status, string Code, string Detail)
{
    public static readonly Refusal NotUtf8 =
        new(400, "invalid_utf8", "The body is not valid UTF-8.");
    public static readonly Refusal NotJson =
        new(400, "invalid_json", "The body is not valid JSON.");
    public static readonly Refusal JsonTooDeep =
        new(400, "json_too_deep", "The body nests more than 200 levels deep.");
    public static readonly Refusal BatchMissing =
        new(400, "batch_missing", "The body has no array 'batch'.");
    public static readonly Refusal NoKey =
        new(401, "key_missing",
            "No write key was given: use 'Authorization: Bearer KEY', Basic 'KEY:' or X-Write-Key.");
    public static readonly Refusal UnknownKey =
        new(401, "key_unknown", "The write key is not known, or was revoked.");
    public static readonly Refusal WrongRole =
        new(403, "key_role", "This key may not write events: create one with --role write.");
    public static readonly Refusal BodyTooLarge =
        new(413, "body_too_large", "The body is larger than this protocol accepts; send smaller batches.");
    public static readonly Refusal BatchExpands =
        new(413, "batch_expands",
            "What the batch shares (context, integrations), once for each of its events, is more than 64 MB: send "
            + "smaller batches.");
    public static readonly Refusal UnsupportedEncoding =
        new(415, "unsupported_encoding", "Content-Encoding must be one of gzip, deflate, br or identity, once.");
    public static readonly Refusal BadEncoding =
        new(400, "invalid_encoding", "The body could not be decompressed.");
    public static readonly Refusal Overloaded =
        new(503, "overloaded", "Too many bytes wait to be made durable; try again shortly.");
    public static readonly Refusal DiskFull =
        new(503, "disk_full", "The disk has too little free space to accept events.");
    public static readonly Refusal DiskFailing =
        new(503, "disk_failing", "The log could not be made durable; try again shortly.");
}
