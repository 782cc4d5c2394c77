# shellcheck shell=bash
# Two months of events in 1,488 files, asked over HTTP, beside plain DuckDB and PostgreSQL (bench/README.md).
part_query() {
  local rows=${MILLRACE_BENCH_ROWS:-100000000} rounds=${MILLRACE_BENCH_ROUNDS:-9} begin=$SECONDS
  local bench_program=$root/artifacts/bin/Millrace.Bench/release/Millrace.Bench within=0
  local data=${MILLRACE_BENCH_LAKE:-$work/data}
  local origin=kept
  [ -d "$data" ] || { "$bench_program" lake "$data" "$rows"; origin="written in $((SECONDS - begin)) s"; }
  report "$rows events in $(find "$data/lake/events/data" -name '*.parquet' | wc -l) files," \
    "$(du -sm "$data/lake" | cut -f1) MiB, $origin"
  start
  "$bench_program" query "$data" "$url" "$admin_key" "$server" "$rounds" >"$work/race.md" || within=$?
  { echo; cat "$work/race.md"; echo; } | tee -a "$result"
  "$bench_program" clients "$url" "$admin_key" "$server" 8 | tee -a "$result"
  query_sorts || within=$?
  stop
  query_postgres "$rounds"
  return "$within"
}

# Four queries at once that sort all rows of a day: what they needed must go back to the system.
query_sorts() {
  local sql peak=0 clients=() now
  sql="SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY properties, event_id) AS n FROM events \
WHERE event_time >= '2026-01-15' AND event_time < '2026-01-16')"
  for _ in 1 2 3 4; do
    curl -sf -o /dev/null -H "Authorization: Bearer $admin_key" --json "{\"sql\":\"$sql\"}" "$url/api/sql" &
    clients+=($!)
  done
  while kill -0 "${clients[@]}" 2>/dev/null; do
    now=$(query_memory)
    [ "$now" -le "$peak" ] || peak=$now
    sleep 0.2
  done
  for client in "${clients[@]}"; do wait "$client"; done
  sleep 20
  now=$(query_memory)
  report "four sorts of a day at once: RssAnon at most $peak MiB, 20 s later $now (bound 250)"
  [ "$now" -le 250 ]
}

query_memory() { awk '/^RssAnon/ { print int($2 / 1024) }' "/proc/$server/status"; }

# The one day in PostgreSQL, all columns, with the indexes these questions ask for.
query_postgres() {
  local rounds=$1 binaries name sql milliseconds
  binaries=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | tail -1)")
  [ -x "$binaries/initdb" ] || { report "PostgreSQL is not installed: not measured"; return 0; }
  postgres_start
  "$bench_program" day "$data" "$work/day.csv" >"$work/day.sql"
  { cat "$work/day.sql"
    echo "\\copy events FROM '$work/day.csv' (FORMAT csv)"
    echo "CREATE INDEX ON events (event_time); CREATE INDEX ON events (tenant, event, event_time);"
    echo "CREATE INDEX ON events (user_id, event_time); VACUUM ANALYZE events;"
  } | postgres_sql >"$work/load.out"
  report "PostgreSQL $("$binaries/postgres" --version | cut -d' ' -f3), the day alone with all columns:" \
    "$(echo "SELECT pg_table_size('events') >> 20, pg_indexes_size('events') >> 20" | postgres_sql | tr '|' ' ' |
      awk '{ print $1 " MiB and " $2 " MiB of indexes" }')," \
    "Parquet $(du -cm "$data/lake/events/data/year=2026/month=01/day=15" | tail -1 | cut -f1) MiB"
  for name in "a day by event" "people of a day" "a tenant's day by event" "a user's day"; do
    sql=$("$bench_program" question "$name")
    milliseconds=$({
      echo '\timing on'
      for _ in $(seq $((rounds + 2))); do echo "$sql;"; done
    } | postgres_sql | awk '/^Time:/ { print $2 }' | tail -n "$rounds" | sort -n | sed -n "$((rounds / 2 + 1))p")
    report "PostgreSQL, $name: $milliseconds ms"
  done
  postgres_stop
}

postgres_start() {
  pg=$work/pg
  mkdir -p "$pg"
  chmod 755 "$work"
  [ "$(id -u)" -ne 0 ] || chown postgres "$pg"
  as_postgres "$binaries/initdb" -D "$pg/data" -U postgres -A trust -E UTF8 --locale=C >"$pg.log" 2>&1
  as_postgres tee -a "$pg/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$pg'
shared_buffers = 4GB
max_wal_size = 8GB
work_mem = 256MB
CONF
  trap 'postgres_stop; finish' EXIT
  as_postgres "$binaries/pg_ctl" -D "$pg/data" -l "$pg/log" -w start >/dev/null
}

postgres_stop() {
  trap finish EXIT
  as_postgres "$binaries/pg_ctl" -D "$pg/data" -w -m fast stop >/dev/null
}

postgres_sql() { "$binaries/psql" -h "$pg" -U postgres -qtA -v ON_ERROR_STOP=1; }

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups "$@"; else "$@"; fi
}
