# shellcheck shell=bash
# Everything on, five minutes at a rate, in batches and one by one (bench/README.md).
part_sustained() {
  node "$bench/peers/bodies.js" "$work"
  sustain 60000 100 $((1536 * 1024))
  rm -rf "$work/data"
  sustain 12000 1 $((1024 * 1024))
}

# send RATE BATCH SECONDS: what became of the requests, as one JSON object. Single events come from threads that block:
# what `millrace generate` takes for each of them is more than the server does, on the same two cores.
send() {
  if [ "$2" -gt 1 ]; then
    "$program" generate --for "$3s" --rate "$1" --batch "$2" --tenants 20 --to "$url" --key "$admin_key" --json
  else
    "$root/artifacts/bin/Millrace.Bench/release/Millrace.Bench" post "$url/v1/events" "$write_key" "$work/batch.json" \
      "$1" "$3" 64 "$work"
  fi
}

# sustain RATE BATCH KIB: so many events a second in batches of so many, RssAnon below so much.
sustain() {
  local rate=$1 batch=$2 kib_max=$3 seconds=${MILLRACE_BENCH_SECONDS:-300} sender most cpu events counts late fresh
  rm -f "$work/most"
  start
  send "$rate" "$batch" "$seconds" >"$work/sent.json" &
  sender=$!
  : >"$work/backlog"
  while kill -0 "$sender" 2>/dev/null; do
    sleep 2
    curl -sf "$url/metrics" >"$work/metrics"
    awk '/^millrace_log_end_bytes_total/ { synced = $2 } /^millrace_lake_refined_end_bytes_total/ { lake = $2 }
         END { print synced, synced - lake }' "$work/metrics" >>"$work/backlog"
  done
  wait "$sender"
  most=$(peak_anonymous_kib)
  events=$(node -p "const sent = $(cat "$work/sent.json"); sent.accepted ?? sent.requests - sent.errors")
  settled "$events"
  cpu=$(cpu_ticks)
  counts="residue=$(ledger residue) pending=$(ledger pending)"
  stop
  # How far the lake is behind the log, in seconds of traffic: the worst of the first and of the last quarter.
  late=$(awk '{ end[NR] = $1; behind[NR] = $2 }
    END { second = end[NR] / (2 * NR); q = int(NR / 4) + 1
          for (i = 1; i <= NR; i++) {
            if (i > 1 && i <= q && behind[i] > first) first = behind[i]
            if (i > NR - q && behind[i] > last) last = behind[i] }
          printf "%.1f %.1f", first / second, last / second }' "$work/backlog")
  # The share of hot segments whose oldest row was shown within 2 s.
  fresh=$(awk '/^millrace_lake_freshness_seconds_bucket.*le="2"/ { within = $2 }
               /^millrace_lake_freshness_seconds_count/ { printf "%.2f", 100 * within / $2 }' "$work/metrics")
  report "$rate events a second in batches of $batch for $seconds s: $(cat "$work/sent.json")"
  report "lake behind the log by at most ${late% *} s in the first quarter, ${late#* } s in the last;" \
    "$fresh % shown within 2 s; RssAnon at most $((most / 1024)) MiB; $counts;" \
    "$(awk -v ticks="$cpu" -v hz="$(getconf CLK_TCK)" -v n="$events" 'BEGIN { printf "%.1f", ticks / hz * 1e6 / n }')" \
    "µs of the server's CPU an event"
  [ "$counts" = "residue=0 pending=0" ] && [ "$most" -le "$kib_max" ] &&
    [ "$events" -ge $((rate * seconds * 99 / 100)) ] &&
    awk -v fresh="$fresh" -v last="${late#* }" 'BEGIN { exit !(fresh >= 99 && last <= 3) }'
}
