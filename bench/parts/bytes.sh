# shellcheck shell=bash
# The same events in the log, in the lake and in PostgreSQL, and how fast they get there (bench/README.md).
part_bytes() {
  . "$bench/peers.sh"
  local events=${MILLRACE_BENCH_EVENTS:-500000} raw log lake cpu begin seconds postgres
  "$root/tests/debian" postgresql
  "$program" generate --events "$events" --seed 3 --out "$work/all.ndjson" >&2
  # PostgreSQL takes neither broken lines nor \u0000: what it refuses is not sent to us either.
  node "$bench/peers/clean.js" "$work/all.ndjson" "$work/events.ndjson"
  rm "$work/all.ndjson"
  raw=$(stat -c %s "$work/events.ndjson") events=$(wc -l <"$work/events.ndjson")

  start_roles collect
  "$program" send "$work/events.ndjson" --to "$url" --key "$write_key" --batch 100 >&2
  log=$(curl -sf "$url/metrics" | awk '$1 == "millrace_log_bytes_total" { print $2 }')
  stop
  start_roles lake,query
  cpu=$(cpu_ticks) begin=$(milliseconds)
  until [ "$(ledger stored)" -gt 0 ] && [ "$(ledger pending)" -eq 0 ]; do sleep 0.2; done
  cpu=$(($(cpu_ticks) - cpu)) seconds=$(($(milliseconds) - begin))
  lake=$(find "$work/data/lake" -path '*events*' -name '*.parquet' -printf '%s\n' | awk '{ s += $1 } END { print s }')
  local stored
  stored=$(ledger stored)
  stop

  postgres_up
  trap 'postgres_down; finish' EXIT
  begin=$(milliseconds)
  psql_do -c "\\copy plain from '$work/events.ndjson' (format csv, quote e'\\x01', delimiter e'\\x02')"
  local plain=$(($(milliseconds) - begin))
  begin=$(milliseconds)
  psql_do -c "insert into typed select e->>'event_id', e->>'event', (e->>'event_time')::timestamptz, e->>'user_id',
    e->>'device_id', e->>'country', e - '{event_id,event,event_time,user_id,device_id,country}'::text[] from plain
    on conflict do nothing"
  local typed=$(($(milliseconds) - begin))
  postgres=$(psql_do -Atc "select pg_table_size('plain'), pg_table_size('typed'), pg_total_relation_size('typed')")
  local heap=${postgres#*|}
  { echo "| $events events, $stored stored | bytes | an event | raw is so many times larger |"
    echo "|---|---|---|---|"
    row "raw NDJSON" "$raw"; row "log, batches of 100" "$log"; row "lake, Parquet of \`events\`" "$lake"
    row "PostgreSQL, one jsonb column" "${postgres%%|*}"; row "PostgreSQL, columns and jsonb" "${heap%%|*}"
    row "the same with its three indexes" "${postgres##*|}"
    echo; } >>"$result"
  report "log to lake: $(rate "$events" "$seconds")/s by the clock, start included," \
    "$(awk -v t="$cpu" -v hz="$(getconf CLK_TCK)" -v n="$events" 'BEGIN { printf "%.1f", t / hz * 1e6 / n }') µs of" \
    "processor an event; PostgreSQL COPY into one jsonb column: $(rate "$events" "$plain")/s;" \
    "from there into columns with three indexes: $(rate "$events" "$typed")/s"
}

start_roles() {
  cat >"$work/millrace.json" <<EOT
{"lake": {"commit_seconds": 5},
 "keys": [{"role": "write", "tenant": "shop", "source": "bench", "value": "$write_key"},
          {"role": "admin", "value": "$admin_key"}]}
EOT
  "$program" up --data "$work/data" --config "$work/millrace.json" --http 127.0.0.1:0 --roles "$1" \
    >"$work/up.out" 2>"$work/up.err" &
  server=$!
  until url=$(sed -n 's/^millrace ready on //p' "$work/up.out") && [ -n "$url" ]; do
    kill -0 "$server" 2>/dev/null || { cat "$work/up.err" >&2; return 1; }
    sleep 0.05
  done
}

row() { awk -v what="$1" -v n="$2" -v raw="$raw" -v e="$events" 'BEGIN {
  printf "| %s | %d | %.1f | %.2f |\n", what, n, n / e, raw / n }'; }

rate() { awk -v n="$1" -v ms="$2" 'BEGIN { printf "%.0f", n * 1000 / ms }'; }

# A cluster of its own, with the durability it has by default.
postgres_up() {
  postgres_bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
  chmod 755 "$work"; mkdir "$work/postgres"; chown postgres "$work/postgres"
  runuser -u postgres -- "$postgres_bin/initdb" -D "$work/postgres/data" -A trust >/dev/null
  runuser -u postgres -- "$postgres_bin/pg_ctl" -D "$work/postgres/data" -w -s -l "$work/postgres/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$work/postgres -c shared_buffers=1GB -c max_wal_size=8GB" start
  psql_do -c "create table plain (e jsonb)" -c "create table typed (event_id text primary key, event text,
    event_time timestamptz, user_id text, device_id text, country text, rest jsonb)" \
    -c "create index on typed (event_time)" -c "create index on typed (device_id, event_time)"
}

postgres_down() { runuser -u postgres -- "$postgres_bin/pg_ctl" -D "$work/postgres/data" -m immediate -s stop || true; }

psql_do() { runuser -u postgres -- psql -q -h "$work/postgres" -v ON_ERROR_STOP=1 "$@" postgres; }
