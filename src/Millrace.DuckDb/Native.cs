using System.Reflection;
using System.Runtime.InteropServices;

namespace Millrace.DuckDb;

/// <summary>The functions of duckdb.h (1.5) this binding calls; nothing is marshalled but UTF-8 strings.</summary>
/// <remarks>
/// A state of 0 is success, 1 an error. A <c>byte*</c> answered by a <c>*_name</c>, <c>*_value</c> or <c>*_alias</c>
/// function of a type is ours, and so is the error of open_ext: see <see cref="Take"/>. All others belong to their
/// object: see <see cref="Borrow"/>.
/// </remarks>
internal static unsafe partial class Native
{
    private const string Library = "duckdb";
    private const StringMarshalling Utf8 = StringMarshalling.Utf8;

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, ResolveBesideAssembly);

    [LibraryImport(Library)] public static partial byte* duckdb_library_version();
    [LibraryImport(Library)] public static partial void duckdb_free(void* memory);

    [LibraryImport(Library)] public static partial int duckdb_create_config(out nint config);
    [LibraryImport(Library, StringMarshalling = Utf8)]
    public static partial int duckdb_set_config(nint config, string name, string option);
    [LibraryImport(Library)] public static partial void duckdb_destroy_config(ref nint config);
    [LibraryImport(Library, StringMarshalling = Utf8)]
    public static partial int duckdb_open_ext(string? path, out nint database, nint config, out byte* error);
    [LibraryImport(Library)] public static partial void duckdb_close(ref nint database);
    [LibraryImport(Library)] public static partial int duckdb_connect(DatabaseHandle database, out nint connection);
    [LibraryImport(Library)] public static partial void duckdb_disconnect(ref nint connection);
    [LibraryImport(Library)] public static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(Library, StringMarshalling = Utf8)]
    public static partial int duckdb_query(ConnectionHandle connection, string sql, ResultHandle result);
    [LibraryImport(Library)] public static partial void duckdb_destroy_result(NativeResult* result);
    [LibraryImport(Library)] public static partial byte* duckdb_result_error(ResultHandle result);
    [LibraryImport(Library)] public static partial DuckDbErrorType duckdb_result_error_type(ResultHandle result);
    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool duckdb_result_is_streaming(NativeResult result);
    [LibraryImport(Library)] public static partial ulong duckdb_column_count(ResultHandle result);
    [LibraryImport(Library)] public static partial byte* duckdb_column_name(ResultHandle result, ulong column);
    [LibraryImport(Library)] public static partial nint duckdb_column_logical_type(ResultHandle result, ulong column);
    [LibraryImport(Library)] public static partial ulong duckdb_rows_changed(ResultHandle result);
    [LibraryImport(Library)] public static partial nint duckdb_fetch_chunk(NativeResult result);

    [LibraryImport(Library, StringMarshalling = Utf8)]
    public static partial int duckdb_prepare(ConnectionHandle connection, string sql, out nint statement);
    [LibraryImport(Library)] public static partial void duckdb_destroy_prepare(ref nint statement);
    [LibraryImport(Library)] public static partial byte* duckdb_prepare_error(StatementHandle statement);
    [LibraryImport(Library)]
    public static partial StatementType duckdb_prepared_statement_type(StatementHandle statement);
    [LibraryImport(Library)] public static partial ulong duckdb_nparams(StatementHandle statement);
    [LibraryImport(Library)]
    public static partial int duckdb_execute_prepared(StatementHandle statement, ResultHandle result);
    [LibraryImport(Library)]
    public static partial int duckdb_execute_prepared_streaming(StatementHandle statement, ResultHandle result);
    [LibraryImport(Library)]
    public static partial int duckdb_bind_int64(StatementHandle statement, ulong index, long value);
    [LibraryImport(Library)]
    public static partial int duckdb_bind_double(StatementHandle statement, ulong index, double value);
    [LibraryImport(Library)]
    public static partial int duckdb_bind_boolean(StatementHandle statement, ulong index, byte value);
    [LibraryImport(Library)]
    public static partial int duckdb_bind_timestamp_tz(StatementHandle statement, ulong index, long micros);
    [LibraryImport(Library)]
    public static partial int duckdb_bind_varchar_length(
        StatementHandle statement, ulong index, byte* text, ulong length);
    [LibraryImport(Library)]
    public static partial int duckdb_bind_blob(StatementHandle statement, ulong index, byte* bytes, ulong length);
    [LibraryImport(Library)] public static partial int duckdb_bind_null(StatementHandle statement, ulong index);

    [LibraryImport(Library)] public static partial void duckdb_destroy_logical_type(ref nint type);
    [LibraryImport(Library)] public static partial DuckDbType duckdb_get_type_id(nint type);
    [LibraryImport(Library)] public static partial byte* duckdb_logical_type_get_alias(nint type);
    [LibraryImport(Library)] public static partial byte duckdb_decimal_width(nint type);
    [LibraryImport(Library)] public static partial byte duckdb_decimal_scale(nint type);
    [LibraryImport(Library)] public static partial DuckDbType duckdb_decimal_internal_type(nint type);
    [LibraryImport(Library)] public static partial DuckDbType duckdb_enum_internal_type(nint type);
    [LibraryImport(Library)] public static partial uint duckdb_enum_dictionary_size(nint type);
    [LibraryImport(Library)] public static partial byte* duckdb_enum_dictionary_value(nint type, ulong index);
    [LibraryImport(Library)] public static partial nint duckdb_list_type_child_type(nint type);
    [LibraryImport(Library)] public static partial nint duckdb_array_type_child_type(nint type);
    [LibraryImport(Library)] public static partial ulong duckdb_array_type_array_size(nint type);
    [LibraryImport(Library)] public static partial nint duckdb_map_type_key_type(nint type);
    [LibraryImport(Library)] public static partial nint duckdb_map_type_value_type(nint type);
    [LibraryImport(Library)] public static partial ulong duckdb_struct_type_child_count(nint type);
    [LibraryImport(Library)] public static partial byte* duckdb_struct_type_child_name(nint type, ulong index);
    [LibraryImport(Library)] public static partial nint duckdb_struct_type_child_type(nint type, ulong index);
    [LibraryImport(Library)] public static partial ulong duckdb_union_type_member_count(nint type);
    [LibraryImport(Library)] public static partial byte* duckdb_union_type_member_name(nint type, ulong index);
    [LibraryImport(Library)] public static partial nint duckdb_union_type_member_type(nint type, ulong index);

    [LibraryImport(Library)] public static partial nint duckdb_create_data_chunk(nint* types, ulong count);
    [LibraryImport(Library)] public static partial void duckdb_destroy_data_chunk(ref nint chunk);
    [LibraryImport(Library)] public static partial void duckdb_data_chunk_reset(nint chunk);
    [LibraryImport(Library)] public static partial ulong duckdb_data_chunk_get_size(nint chunk);
    [LibraryImport(Library)] public static partial void duckdb_data_chunk_set_size(nint chunk, ulong rows);
    [LibraryImport(Library)] public static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);
    [LibraryImport(Library)] public static partial ulong duckdb_vector_size();
    [LibraryImport(Library)] public static partial byte* duckdb_vector_get_data(nint vector);
    [LibraryImport(Library)] public static partial ulong* duckdb_vector_get_validity(nint vector);
    [LibraryImport(Library)] public static partial void duckdb_vector_ensure_validity_writable(nint vector);
    [LibraryImport(Library)] public static partial nint duckdb_list_vector_get_child(nint vector);
    [LibraryImport(Library)] public static partial ulong duckdb_list_vector_get_size(nint vector);
    [LibraryImport(Library)] public static partial nint duckdb_array_vector_get_child(nint vector);
    [LibraryImport(Library)] public static partial nint duckdb_struct_vector_get_child(nint vector, ulong index);

    /// <summary>Copies a string into the vector's heap. Skips the GC transition: for short strings only.</summary>
    [LibraryImport(Library, EntryPoint = "duckdb_unsafe_vector_assign_string_element_len"), SuppressGCTransition]
    public static partial void AssignShortString(nint vector, ulong row, byte* bytes, ulong length);

    [LibraryImport(Library, EntryPoint = "duckdb_unsafe_vector_assign_string_element_len")]
    public static partial void AssignString(nint vector, ulong row, byte* bytes, ulong length);

    [LibraryImport(Library, StringMarshalling = Utf8)]
    public static partial int duckdb_appender_create_ext(
        ConnectionHandle connection, string? catalog, string? schema, string table, out nint appender);
    [LibraryImport(Library)] public static partial ulong duckdb_appender_column_count(AppenderHandle appender);
    [LibraryImport(Library)]
    public static partial nint duckdb_appender_column_type(AppenderHandle appender, ulong column);
    [LibraryImport(Library)] public static partial int duckdb_append_data_chunk(AppenderHandle appender, nint chunk);
    [LibraryImport(Library)] public static partial int duckdb_appender_flush(AppenderHandle appender);
    [LibraryImport(Library)] public static partial int duckdb_appender_clear(nint appender);
    [LibraryImport(Library)] public static partial int duckdb_appender_destroy(ref nint appender);
    [LibraryImport(Library)] public static partial nint duckdb_appender_error_data(AppenderHandle appender);
    [LibraryImport(Library)] public static partial DuckDbErrorType duckdb_error_data_error_type(nint error);
    [LibraryImport(Library)] public static partial byte* duckdb_error_data_message(nint error);
    [LibraryImport(Library)] public static partial void duckdb_destroy_error_data(ref nint error);

    /// <summary>Text that stays the library's; empty for a null pointer.</summary>
    public static string Borrow(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>Text that was allocated for us: read and freed; null for a null pointer.</summary>
    public static string? Take(byte* text)
    {
        var value = Marshal.PtrToStringUTF8((nint)text);
        duckdb_free(text);
        return value;
    }

    /// <summary>Refuses what C would cut short without a word.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL character.</exception>
    public static string CString(string text) =>
        text.Contains('\0') ? throw new ArgumentException("Text for DuckDB holds a NUL.", nameof(text)) : text;

    // The zstd that libduckdb carries: C functions inside a C++ namespace, so their names are mangled.
    [LibraryImport(Library, EntryPoint = "_ZN11duckdb_zstd15ZSTD_createCCtxEv")]
    public static partial nint ZstdCreateContext();
    [LibraryImport(Library, EntryPoint = "_ZN11duckdb_zstd13ZSTD_freeCCtxEPNS_11ZSTD_CCtx_sE")]
    public static partial nuint ZstdFreeContext(nint context);
    [LibraryImport(Library, EntryPoint = "_ZN11duckdb_zstd17ZSTD_compressCCtxEPNS_11ZSTD_CCtx_sEPvmPKvmi")]
    public static partial nuint ZstdCompress(
        nint context, byte* target, nuint targetBytes, byte* source, nuint sourceBytes, int level);
    [LibraryImport(Library, EntryPoint = "_ZN11duckdb_zstd18ZSTD_compressBoundEm")]
    public static partial nuint ZstdBytesMax(nuint sourceBytes);
    [LibraryImport(Library, EntryPoint = "_ZN11duckdb_zstd12ZSTD_isErrorEm")]
    public static partial uint ZstdIsError(nuint code);
    [LibraryImport(Library, EntryPoint = "_ZN11duckdb_zstd17ZSTD_getErrorNameEm")]
    public static partial byte* ZstdErrorName(nuint code);

    private static nint ResolveBesideAssembly(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Library ? NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, "libduckdb.so")) : 0;
}

/// <summary><c>duckdb_result</c>, 48 bytes, taken by value by some functions; its fields are the library's.</summary>
[StructLayout(LayoutKind.Sequential, Size = 48)]
internal struct NativeResult
{
    private readonly long _first;
}

/// <summary><c>duckdb_string_t</c>: length (0-3), then 12 inline bytes, or prefix (4-7) and pointer (8-15).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct NativeString
{
    public const int InlineBytesMax = 12;

    [FieldOffset(0)] public uint Length;
    [FieldOffset(4)] public fixed byte Inline[InlineBytesMax];
    [FieldOffset(8)] public byte* Pointer;

    /// <summary>The bytes of a string inside native memory; valid as long as its vector.</summary>
    public static ReadOnlySpan<byte> Bytes(NativeString* text) =>
        new(text->Length <= InlineBytesMax ? text->Inline : text->Pointer, checked((int)text->Length));
}
