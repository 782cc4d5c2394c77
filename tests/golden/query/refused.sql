-- Statements that the gate must refuse, each with its code: `-- code` opens a case, an empty line ends it.
-- A new idea for an attack is a new case here; no compiler needed.

-- sql_table_unknown
SELECT * FROM '/etc/passwd.csv'

-- sql_table_unknown
SELECT * FROM "/etc/passwd.csv"

-- sql_table_unknown
FROM '/etc/passwd.csv'

-- sql_table_unknown
SELECT * FROM 'events.parquet'

-- sql_table_unknown
SELECT * FROM 'lake/events/data/*.parquet'

-- sql_table_unknown
SELECT * FROM "../hot/events/x.parquet"

-- sql_table_unknown
SELECT * FROM 'file:///etc/passwd.csv'

-- sql_table_unknown
SELECT * FROM 'https://example.com/a.parquet'

-- sql_table_unknown
SELECT * FROM 's3://bucket/a.parquet'

-- sql_table_unknown
TABLE "x.parquet"

-- sql_table_unknown
SELECT (SELECT count(*) FROM '/etc/passwd.csv')

-- sql_table_unknown
SELECT 1 WHERE EXISTS (FROM '/etc/passwd.csv')

-- sql_table_unknown
SELECT 1 IN (SELECT a FROM '/etc/passwd.csv')

-- sql_table_unknown
SELECT * FROM events UNION ALL SELECT * FROM "/etc/passwd.csv"

-- sql_table_unknown
SELECT * FROM events e JOIN "/etc/passwd.csv" p ON true

-- sql_table_unknown
SELECT * FROM events, LATERAL (SELECT * FROM 'a.csv') t

-- sql_table_unknown
WITH events AS (SELECT * FROM 'a.csv') SELECT * FROM events

-- sql_table_unknown
WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT 2) SELECT * FROM b), b

-- sql_table_unknown
WITH RECURSIVE "a.csv" AS (SELECT * FROM "a.csv" UNION ALL SELECT * FROM "a.csv") SELECT * FROM "a.csv"

-- sql_table_unknown
WITH "a.csv" AS (SELECT * FROM "a.csv") SELECT * FROM "a.csv"

-- sql_table_unknown
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a

-- sql_table_unknown
WITH a AS (SELECT 1) SELECT * FROM main.a

-- sql_table_unknown
SELECT * FROM information_schema.tables

-- sql_table_unknown
SELECT * FROM pg_catalog.pg_tables

-- sql_table_unknown
SELECT * FROM sqlite_master

-- sql_table_unknown
SELECT * FROM duckdb_settings

-- sql_table_unknown
SELECT * FROM system.main.events

-- sql_table_unknown
SELECT * FROM temp.events

-- sql_table_unknown
SELECT * FROM other.events

-- sql_table_unknown
SELECT * FROM pragma_database_list

-- sql_table_unknown
SELECT * FROM duckdb_secrets

-- sql_table_unknown
SELECT * FROM eventſ

-- sql_table_unknown
SELECT * FROM ｅvents

-- sql_table_unknown
SELECT * FROM "events "

-- sql_table_unknown
SELECT * FROM "millrace.events"

-- sql_table_unknown
SELECT * FROM EVENTS JOIN /* FROM events */ "EVENTS2" USING (event)

-- sql_table_unknown
SELECT * FROM events AS e, keys

-- sql_table_unknown
SELECT list_transform([1], lambda x: (SELECT max(a) FROM 'a.csv'))

-- sql_table_unknown
SELECT CASE WHEN (FROM 'a.csv') THEN 1 END

-- sql_table_unknown
SELECT sum(1) FILTER (WHERE (SELECT true FROM 'a.csv')) FROM events

-- sql_table_unknown
SELECT sum(1) OVER (PARTITION BY (SELECT 1 FROM 'a.csv')) FROM events

-- sql_table_unknown
SELECT 1 ORDER BY (SELECT 1 FROM 'a.csv')

-- sql_table_unknown
SELECT 1 LIMIT (SELECT 1 FROM 'a.csv')

-- sql_table_unknown
SELECT 1 OFFSET (SELECT 1 FROM 'a.csv')

-- sql_table_unknown
VALUES ((SELECT 1 FROM 'a.csv'))

-- sql_table_unknown
SELECT * REPLACE ((SELECT 1 FROM 'a.csv') AS event) FROM events

-- sql_table_unknown
SELECT count(*) FROM events GROUP BY (SELECT 1 FROM 'a.csv')

-- sql_table_unknown
SELECT event FROM events QUALIFY (SELECT true FROM 'a.csv')

-- sql_table_unknown
SELECT event FROM events GROUP BY 1 HAVING (SELECT true FROM 'a.csv')

-- sql_table_unknown
SELECT DISTINCT ON ((SELECT 1 FROM 'a.csv')) event FROM events

-- sql_table_unknown
SELECT * FROM events PIVOT ((SELECT 1 FROM 'a.csv') FOR event IN ('a'))

-- sql_table_unknown
SELECT * FROM range((SELECT max(a) FROM 'a.csv'))

-- sql_table_unknown
SELECT * FROM 'a.csv' TABLESAMPLE 10%

-- sql_table_unknown
SELECT * FROM events ASOF JOIN 'a.csv' b ON events.event_time >= b.t

-- sql_table_unknown
SELECT * FROM events POSITIONAL JOIN 'a.csv'

-- sql_table_unknown
SELECT string_agg(event ORDER BY (SELECT 1 FROM 'a.csv')) FROM events

-- sql_function_denied
SELECT * FROM read_csv('/etc/passwd')

-- sql_function_denied
SELECT * FROM read_csv_auto('/etc/passwd')

-- sql_function_denied
SELECT * FROM read_text('/etc/passwd')

-- sql_function_denied
SELECT * FROM read_blob('/etc/passwd')

-- sql_function_denied
SELECT * FROM read_json('/etc/passwd')

-- sql_function_denied
SELECT * FROM read_ndjson_objects('/etc/passwd')

-- sql_function_denied
SELECT * FROM READ_PARQUET('x')

-- sql_function_denied
SELECT * FROM "read_parquet"('x')

-- sql_function_denied
SELECT * FROM main.read_parquet('x')

-- sql_function_denied
SELECT * FROM system.main.read_parquet('x')

-- sql_function_denied
SELECT * FROM read_parquet/**/('x')

-- sql_function_denied
SELECT * FROM parquet_scan(['a', 'b'])

-- sql_function_denied
SELECT * FROM parquet_metadata('x')

-- sql_function_denied
SELECT * FROM parquet_schema('x')

-- sql_function_denied
SELECT * FROM parquet_kv_metadata('x')

-- sql_function_denied
SELECT * FROM read_duckdb('catalog.db')

-- sql_function_denied
SELECT * FROM sniff_csv('/etc/passwd')

-- sql_function_denied
SELECT * FROM glob('/etc/*')

-- sql_function_denied
SELECT * FROM events, LATERAL (SELECT * FROM read_text('/etc/passwd'))

-- sql_function_denied
WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT 1

-- sql_function_denied
SELECT * FROM enable_logging()

-- sql_function_denied
SELECT * FROM enable_logging('QueryLog')

-- sql_function_denied
SELECT * FROM enable_logging(storage='file', storage_path='/tmp/x')

-- sql_function_denied
SELECT * FROM enable_logging(storage => 'stdout')

-- sql_function_denied
FROM ENABLE_LOGGING(storage := 'stdout')

-- sql_function_denied
SELECT * FROM "enable_logging"(level = 'debug')

-- sql_function_denied
SELECT (SELECT count(*) FROM enable_logging(storage='file', storage_path='/tmp/x'))

-- sql_function_denied
WITH x AS MATERIALIZED (FROM enable_logging()) SELECT * FROM events

-- sql_function_denied
SELECT * FROM main.enable_logging()

-- sql_function_denied
SELECT * FROM events WHERE event IN (SELECT 'x' FROM /* c */ enable_logging -- d
  ('QueryLog'))

-- sql_function_denied
SELECT enable_logging()

-- sql_function_denied
SELECT * FROM disable_logging()

-- sql_function_denied
SELECT * FROM truncate_duckdb_logs()

-- sql_function_denied
SELECT * FROM enable_profiling()

-- sql_function_denied
SELECT * FROM enable_peg_parser()

-- sql_function_denied
SELECT * FROM checkpoint()

-- sql_function_denied
SELECT * FROM force_checkpoint('memory')

-- sql_function_denied
SELECT * FROM query('SELECT 1')

-- sql_function_denied
SELECT * FROM query_table('events')

-- sql_function_denied
SELECT * FROM query_table(['events'], true)

-- sql_function_denied
SELECT * FROM json_execute_serialized_sql('{}')

-- sql_function_denied
SELECT json_serialize_sql('SELECT 1')

-- sql_function_denied
SELECT json_deserialize_sql('{}')

-- sql_function_denied
SELECT json_serialize_plan('SELECT 1')

-- sql_function_denied
SELECT * FROM duckdb_settings()

-- sql_function_denied
SELECT * FROM duckdb_secrets()

-- sql_function_denied
SELECT * FROM which_secret('s3://x', 's3')

-- sql_function_denied
SELECT * FROM duckdb_variables()

-- sql_table_unknown
SELECT * FROM duckdb_logs

-- sql_function_denied
SELECT * FROM duckdb_tables()

-- sql_function_denied
SELECT * FROM pragma_table_info('events')

-- sql_function_denied
SELECT * FROM pragma_version()

-- sql_function_denied
SELECT * FROM summary((FROM events))

-- sql_function_denied
SELECT * FROM histogram('events', event)

-- sql_function_denied
SELECT * FROM histogram_values('events', event)

-- sql_function_denied
SELECT * FROM repeat_row(1, 2, num_rows = 1000000000)

-- sql_function_denied
SELECT * FROM repeat('x', 1000000000)

-- sql_function_denied
SELECT * FROM test_all_types()

-- sql_function_denied
SELECT * FROM seq_scan('events')

-- sql_function_denied
SELECT * FROM arrow_scan(1, 2, 3)

-- sql_function_denied
SELECT * FROM arrow_scan_dumb(1, 2, 3)

-- sql_function_denied
SELECT * FROM sql_auto_complete('SEL')

-- sql_function_denied
SELECT current_setting('memory_limit')

-- sql_function_denied
SELECT main.current_setting('memory_limit')

-- sql_function_denied
SELECT 'memory_limit'::VARCHAR, "current_setting"('threads')

-- sql_function_denied
SELECT getvariable('x')

-- sql_function_denied
SELECT getenv('HOME')

-- sql_function_denied
SELECT nextval('s')

-- sql_function_denied
SELECT currval('s')

-- sql_function_denied
SELECT txid_current()

-- sql_function_denied
SELECT write_log('x')

-- sql_function_denied
SELECT write_log('x', level := 'error', scope := 'database')

-- sql_function_denied
SELECT parse_duckdb_log_message('x', 'y')

-- sql_function_denied
SELECT setseed(0.5)

-- sql_function_denied
SELECT current_query()

-- sql_function_denied
SELECT stats(event) FROM events

-- sql_function_denied
SELECT sleep_ms(1000000)

-- sql_function_denied
SELECT pg_sleep(1000)

-- sql_function_denied
SELECT pg_get_viewdef(1)

-- sql_function_denied
SELECT has_table_privilege('events', 'select')

-- sql_function_denied
SELECT variant_bytes_to_variant('x'::BLOB, 'y'::BLOB)

-- sql_function_denied
SELECT __internal_decompress_string(1)

-- sql_function_denied
SELECT no_such_function(1)

-- sql_function_denied
SELECT length(repeat('abcdefghij', 200000000))

-- sql_function_denied
SELECT repeat(event, log_offset) FROM events

-- sql_function_denied
SELECT repeat('x', (SELECT 1000000000))

-- sql_function_denied
SELECT repeat('x', 30000 * 30000)

-- sql_function_denied
SELECT lpad('x', 2000000000, 'y')

-- sql_function_denied
SELECT rpad(event, log_offset::INT, 'y') FROM events

-- sql_function_denied
SELECT range(1000000000)

-- sql_function_denied
SELECT range(0, '1000000000'::BIGINT)

-- sql_function_denied
SELECT generate_series(1, 2000000000)

-- sql_function_denied
SELECT range(log_offset) FROM events

-- sql_function_denied
SELECT list_resize([1], 2000000000)

-- sql_function_denied
SELECT array_resize([1], log_offset) FROM events

-- sql_function_denied
SELECT printf('%1000000000d', 1)

-- sql_function_denied
SELECT printf('%*d', 1000000000, 1)

-- sql_function_denied
SELECT format('{:>1000000000}', 'x')

-- sql_function_denied
SELECT format('{:>{}}', 'x', 1000000000)

-- sql_function_denied
SELECT format(event, 1) FROM events

-- sql_function_denied
SELECT bar(1, 0, 1, 1000000000)

-- sql_function_denied
SELECT [query_table(z) for z in ['events']]

-- sql_function_denied
SELECT list_transform([1], lambda x: getvariable('x'))

-- sql_function_denied
SELECT events.write_log('x') FROM events

-- sql_function_denied
SELECT 1 LIMIT getvariable('n')

-- sql_function_denied
SELECT event FROM events ORDER BY write_log(event)

-- sql_function_denied
SELECT TRY(write_log('x'))

-- sql_function_denied
SELECT * FROM (VALUES (write_log('x'))) t

-- sql_function_denied
SELECT COLUMNS(c -> write_log(c)) FROM events

-- sql_function_denied
SELECT sum(write_log('x')::INT) OVER () FROM events

-- sql_function_denied
SELECT * FROM events e JOIN failed_events f ON write_log('x')

-- sql_not_select
COPY events TO '/tmp/x.csv'

-- sql_not_select
COPY (SELECT 1) TO '/dev/stdout'

-- sql_not_select
COPY events FROM '/etc/passwd'

-- sql_not_select
EXPORT DATABASE '/tmp/x'

-- sql_not_select
ATTACH '/tmp/x.db'

-- sql_not_select
ATTACH ':memory:' AS m

-- sql_not_select
DETACH memory

-- sql_not_select
USE memory

-- sql_not_select
INSTALL httpfs

-- sql_not_select
LOAD '/tmp/x.duckdb_extension'

-- sql_not_select
SET memory_limit = '100GB'

-- sql_not_select
RESET memory_limit

-- sql_not_select
SET VARIABLE x = 1

-- sql_not_select
SET search_path = 'main'

-- sql_not_select
PRAGMA threads = 64

-- sql_not_select
PRAGMA database_list

-- sql_not_select
CALL enable_logging()

-- sql_not_select
CALL pragma_version()

-- sql_not_select
PREPARE p AS SELECT 1

-- sql_not_select
EXECUTE p

-- sql_not_select
DEALLOCATE p

-- sql_not_select
CREATE TABLE x (a INT)

-- sql_not_select
CREATE TABLE x AS SELECT * FROM events

-- sql_not_select
CREATE VIEW events AS SELECT 1

-- sql_not_select
CREATE MACRO m() AS 1

-- sql_not_select
CREATE SECRET s (TYPE s3)

-- sql_not_select
CREATE SEQUENCE s

-- sql_not_select
DROP VIEW events

-- sql_not_select
ALTER VIEW events RENAME TO x

-- sql_not_select
INSERT INTO events VALUES (1)

-- sql_not_select
UPDATE events SET event = 'x'

-- sql_not_select
DELETE FROM events

-- sql_not_select
TRUNCATE events

-- sql_not_select
MERGE INTO events USING events e ON true WHEN MATCHED THEN DELETE

-- sql_not_select
VACUUM

-- sql_not_select
ANALYZE

-- sql_not_select
CHECKPOINT

-- sql_not_select
FORCE CHECKPOINT

-- sql_not_select
BEGIN

-- sql_not_select
COMMIT

-- sql_not_select
ROLLBACK

-- sql_not_select
EXPLAIN SELECT 1

-- sql_not_select
EXPLAIN ANALYZE SELECT * FROM events

-- sql_not_select
DESCRIBE events

-- sql_not_select
DESCRIBE SELECT 1

-- sql_not_select
SUMMARIZE events

-- sql_not_select
SHOW TABLES

-- sql_not_select
SHOW ALL TABLES

-- sql_not_select
SHOW memory_limit

-- sql_not_select
SELECT * FROM (DESCRIBE events)

-- sql_not_select
SELECT * FROM (SUMMARIZE events)

-- sql_not_select
SELECT * FROM (SHOW TABLES)

-- sql_not_select
PIVOT events ON event USING count(*)

-- sql_not_select
SELECT * FROM (PIVOT events ON event)

-- sql_not_select
SELECT 1; DROP VIEW events

-- sql_not_select
SELECT 1; SET threads = 1; SELECT 2

-- sql_not_select
IMPORT DATABASE '/tmp/x'

-- sql_not_select
;

-- sql_not_select
/* nothing */

-- sql_many_statements
SELECT 1; SELECT 2

-- sql_many_statements
SELECT 1;; SELECT 2;

-- sql_many_statements
SELECT ';'; SELECT * FROM enable_logging()

-- sql_syntax
SELECT * FROM events WHERE

-- sql_syntax
SELEC 1

-- sql_syntax
SELECT 'unterminated

-- sql_table_unknown
SELECT ’quoted’ FROM ’events’

-- sql_syntax
SELECT “event” FRM events

-- sql_syntax
WITH x AS (INSERT INTO y VALUES (1) RETURNING *) SELECT * FROM x

-- sql_syntax
SELECT * INTO x FROM events

-- sql_syntax
SELECT 'x'.enable_logging()

-- sql_syntax
.shell ls

-- sql_unsupported
SELECT * FROM events AT (VERSION => 1)

-- sql_unsupported
SELECT count(DISTINCT event) EXPORT_STATE FROM events

-- sql_parameter_count
SELECT $name

-- sql_parameter_count
SELECT ?

-- sql_parameter_count
SELECT $2

-- sql_parameter_count
SELECT ?, $3
