# shellcheck shell=bash
# A log is drained into the lake: CPU an event (bench/README.md).
part_lake() {
  local seconds=${MILLRACE_BENCH_SECONDS:-60} events most cpu rate
  roles=collect start
  "$program" generate --for "${seconds}s" --rate 50000 --tenants 20 --to "$url" --key "$admin_key" --json \
    >"$work/sent.json"
  stop
  events=$(json "$work/sent.json" accepted)

  roles=lake start
  most=$(peak_anonymous_kib)
  # What the shell waits for here is the server, with all it took since it started.
  { TIMEFORMAT='%U %S'; time stop; } 2>"$work/cpu"
  cpu=$(awk 'END { print $1 + $2 }' "$work/cpu")
  rate=$(awk -v n="$events" -v cpu="$cpu" 'BEGIN { printf "%d", n / cpu }')
  report "log to lake: $events events in $cpu s of CPU, from the start of the process to its end:" \
    "$rate events a core-second; RssAnon at most $((most / 1024)) MiB;" \
    "$(du -sm "$work/data/lake" | cut -f1) MiB of lake"
  local held
  held=$("$program" sql --data "$work/data" --format csv -c \
    "SELECT sum(events)::BIGINT FROM ledger WHERE outcome IN ('stored', 'failed', 'duplicate')" | tail -1 | tr -d '\r')
  [ "$held" = "$events" ] && [ "$rate" -ge 110000 ] && [ "$most" -le $((1024 * 1024)) ]
}
