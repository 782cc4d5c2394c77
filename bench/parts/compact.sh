# shellcheck shell=bash
# A day of 15,000 tenants in a commit a minute, compacted while 12,000 events a second come in (bench/README.md).
part_compact() {
  local rows=${MILLRACE_BENCH_ROWS:-20000000} bench_program=$root/artifacts/bin/Millrace.Bench/release/Millrace.Bench
  local begin=$SECONDS within=0 quiet busy
  "$bench_program" care "$work/data" "$rows"
  report "$rows events, written in $((SECONDS - begin)) s"
  "$bench_program" cared "$work/data" "$rows" no | tee -a "$result" || within=1
  node "$bench/peers/bodies.js" "$work"
  settings='' compact_load "without compaction" || within=1
  quiet=$p99
  settings=', "lake": {"compact_seconds": 1}' compact_load "beside compaction" || within=1
  busy=$p99
  awk -v quiet="$quiet" -v busy="$busy" 'BEGIN { exit !(busy <= 1.5 * quiet) }' || within=1
  begin=$(milliseconds)
  "$program" table compact events --data "$work/data" >"$work/rest"
  report "$(wc -l <"$work/rest") hours and days were left to \`millrace table compact\`, $(($(milliseconds) - begin)) ms"
  "$bench_program" cared "$work/data" "$rows" yes | tee -a "$result" || within=1
  return "$within"
}

# compact_load NAME: 12,000 events a second in batches, and single events on a schedule, whose answers are timed.
compact_load() {
  local seconds=${MILLRACE_BENCH_SECONDS:-90} sender most fresh
  rm -f "$work/most"
  start
  "$program" generate --for "${seconds}s" --rate 12000 --batch 100 --tenants 20 --to "$url" --key "$admin_key" --json \
    >"$work/sent.json" &
  sender=$!
  "$bench_program" post "$url/v1/events" "$write_key" "$work/batch.json" 200 "$seconds" 16 "$work" >"$work/posted.json"
  wait "$sender"
  curl -sf "$url/metrics" >"$work/metrics"
  most=$(peak_anonymous_kib)
  stop
  fresh=$(awk '/^millrace_lake_freshness_seconds_bucket.*le="2"/ { within = $2 }
               /^millrace_lake_freshness_seconds_count/ { printf "%.2f", 100 * within / $2 }' "$work/metrics")
  p99=$(json "$work/posted.json" p99)
  report "$1: answers p50 $(json "$work/posted.json" p50), p99 $p99 ms; $fresh % shown within 2 s;" \
    "$(awk '/^millrace_lake_compactions_compaction_total|^millrace_lake_compactions_total/ { print $2 }' "$work/metrics")" \
    "compactions; RssAnon at most $((most / 1024)) MiB; $(json "$work/sent.json" events_per_second) events/s"
  awk -v fresh="$fresh" 'BEGIN { exit !(fresh >= 99) }'
}
