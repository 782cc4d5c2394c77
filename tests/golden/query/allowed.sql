-- Statements that must pass and run over tests/Millrace.Tests/Query/ShopLake.cs: `-- the first row, values joined by |`
-- opens a case, an empty line ends it.

-- 12
SELECT count(*) FROM events

-- 12
FROM events SELECT count(*)

-- checkout|4
SELECT event, count(*) AS n FROM events GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1

-- checkout|4
SELECT event, count(*) FROM events GROUP BY ALL ORDER BY count(*) DESC, 1 LIMIT 1

-- 12|3
SELECT count(*), count(DISTINCT tenant) FROM millrace.events

-- 1
SELECT count(*) FROM "Failed_Events"

-- 12
SELECT sum(events) FROM ledger WHERE outcome = 'received'

-- 10.0
SELECT properties->>'amount' FROM events WHERE event = 'checkout' ORDER BY event_id LIMIT 1

-- EUR
SELECT properties->>'$.price.currency' FROM events WHERE event = 'checkout' ORDER BY event_id LIMIT 1

-- "EUR"
SELECT properties->'price'->'currency' FROM events WHERE event = 'checkout' LIMIT 1

-- 100
SELECT sum((properties->>'amount')::DOUBLE) FROM events WHERE event = 'checkout'

-- 3
SELECT json_array_length('[1,2,3]')

-- amount
SELECT unnest(json_keys(properties)) FROM events WHERE event = 'checkout' LIMIT 1

-- amount
SELECT j.key FROM events, json_each(properties) j WHERE event = 'checkout' LIMIT 1

-- {"a":1}
SELECT json_object('a', 1)

-- 4
SELECT count(*) FROM events WHERE regexp_matches(event, '^check')

-- check
SELECT regexp_extract(event, '^([a-z]{5})out$', 1) FROM events WHERE event = 'checkout' LIMIT 1

-- [a, b]
SELECT string_split('a,b', ',')::VARCHAR

-- 1
SELECT row_number() OVER (PARTITION BY tenant ORDER BY event_time) FROM events LIMIT 1

-- e0
SELECT event_id FROM events QUALIFY row_number() OVER (PARTITION BY event ORDER BY event_id) = 1 ORDER BY 1 LIMIT 1

-- 2
SELECT max(n) FROM (SELECT lag(1, 1, 0) OVER w + 1 AS n FROM events WINDOW w AS (ORDER BY event_id))

-- 4
WITH a AS (SELECT * FROM events WHERE event = 'checkout'), b AS (SELECT count(*) AS n FROM a) SELECT n FROM b

-- 1
WITH events AS (SELECT 1 AS one) SELECT one FROM events

-- 55
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t

-- 4
WITH a AS MATERIALIZED (FROM events WHERE event = 'checkout') SELECT count(*) FROM a

-- [2, 3]
SELECT list_transform([1, 2], lambda x: x + 1)::VARCHAR

-- [2, 3]
SELECT [x + 1 for x in [1, 2]]::VARCHAR

-- 6
SELECT list_sum([1, 2, 3])

-- 3
SELECT list_reduce([1, 2], lambda a, b: a + b)

-- 1
SELECT s.a FROM (SELECT {'a': 1} AS s)

-- 1
SELECT struct_extract({'a': 1}, 'a')

-- 2
SELECT map {'a': 1, 'b': 2}['b']

-- 2026-01-01
SELECT date_trunc('day', min(event_time))::DATE::VARCHAR FROM events

-- 2026-01-01 01:00:00
SELECT (min(event_time) AT TIME ZONE 'Europe/Berlin')::VARCHAR FROM events

-- 2026-01-01 00:00:00+00
SELECT time_bucket(INTERVAL 1 HOUR, min(event_time))::VARCHAR FROM events

-- 2026-01
SELECT strftime(min(event_time), '%Y-%m') FROM events

-- 12
SELECT count(*) FROM events WHERE event_time < now() + INTERVAL 100 YEAR

-- 0
SELECT count(*) FROM events WHERE event_time >= now() + INTERVAL 100 YEAR

-- 4
SELECT count(*) FROM events WHERE event_time >= '2026-01-02' AND event_time < TIMESTAMP '2026-01-03'

-- 4
SELECT count(*) FROM events WHERE event_time::DATE = DATE '2026-01-02'

-- 31
SELECT extract(day FROM last_day(DATE '2026-01-15'))

-- 8
SELECT count(*) FROM events WHERE event IN ('checkout', 'view')

-- 12
SELECT count(*) FROM events e LEFT JOIN failed_events f ON e.tenant = f.tenant AND false

-- 12
SELECT count(*) FROM events e, LATERAL (SELECT upper(e.event) AS loud) t WHERE t.loud = upper(e.event)

-- 12
SELECT count(*) FROM events a ASOF JOIN events b ON a.tenant = b.tenant AND a.event_time >= b.event_time

-- 2
SELECT count(*) FROM (SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3)

-- 1
SELECT count(*) FROM (SELECT 'a' AS x INTERSECT SELECT 'a')

-- 1|2
VALUES (1, 2)

-- 3
SELECT sum(x) FROM (VALUES (1), (2)) v(x)

-- X
SELECT * FROM (SELECT * EXCLUDE (b) REPLACE (upper(a) AS a) FROM (SELECT 'x' AS a, 1 AS b))

-- 12|12
SELECT count(COLUMNS('event_(id|time)')) FROM events

-- checkout
SELECT event FROM events ORDER BY ALL LIMIT 1

-- 4
SELECT count(*) FILTER (event = 'checkout') FROM events

-- 3
SELECT count(*) FROM (SELECT tenant FROM events GROUP BY CUBE (tenant) HAVING tenant IS NOT NULL)

-- 4|4
SELECT * FROM (SELECT event FROM events) PIVOT (count(*) FOR event IN ('checkout' AS a, 'view' AS b))

-- a|1
SELECT * FROM (SELECT 1 AS a, 2 AS b) UNPIVOT (v FOR name IN (a, b)) LIMIT 1

-- 45
SELECT sum(range) FROM range(10)

-- 3
SELECT count(*) FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-03', INTERVAL 1 DAY)

-- 10
SELECT len(range(10))

-- 1
SELECT unnest([1, 2]) LIMIT 1

-- xxx
SELECT repeat('x', 3)

-- 007
SELECT lpad('7', 3, '0')

-- Year 2026: 1.50
SELECT printf('Year 2026: %.2f', 1.5)

-- 1 of 20260
SELECT format('{} of 20260', 1)

-- 1
SELECT CASE WHEN EXISTS (SELECT 1 FROM events WHERE event = 'view') THEN 1 ELSE 0 END

-- true
SELECT 'checkout' = ANY (SELECT event FROM events)

-- ä
SELECT lower('Ä')

-- 2
SELECT count(*) FROM (SELECT DISTINCT ON (os) * FROM events WHERE os IS NOT NULL)

-- checkout
SELECT mode(event) FROM events WHERE tenant = 'acme'


-- [[[[1]]]]
SELECT '[[[[1]]]]'::JSON

-- 12
SELECT count(*) FROM events WHERE (event_time, tenant) >= (TIMESTAMPTZ '2000-01-01', 'a')
