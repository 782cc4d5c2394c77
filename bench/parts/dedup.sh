# shellcheck shell=bash
# 100,000,000 ids in the window, in a memory cgroup of 512 MiB (bench/README.md).
part_dedup() {
  local ids=${MILLRACE_BENCH_IDS:-100000000} again=100000 begin
  begin=$SECONDS
  "$root/artifacts/bin/Millrace.Bench/release/Millrace.Bench" ids "$work/data" "$ids"
  report "$ids ids written in $((SECONDS - begin)) s, $(du -sm "$work/data/ids" | cut -f1) MiB"
  awk -v n="$again" -v step="$((ids / again))" \
    'BEGIN { for (i = 0; i < n; i++) printf "{\"event\":\"again\",\"event_id\":\"bench-%d\"}\n", i * step }' \
    >"$work/again.ndjson"
  awk -v n="$again" 'BEGIN { for (i = 0; i < n; i++) printf "{\"event\":\"new\",\"event_id\":\"new-%d\"}\n", i }' \
    >"$work/new.ndjson"

  local started ready most
  started=$(milliseconds)
  start limited $((512 << 20))
  ready=$(($(milliseconds) - started))
  "$program" send "$work/again.ndjson" "$work/new.ndjson" --to "$url" --key "$write_key" --batch 500
  settled $((2 * again))
  most=$(peak_anonymous_kib)
  local counts="duplicate=$(ledger duplicate) stored=$(ledger stored) residue=$(ledger residue)"
  stop
  report "ready in $ready ms; RssAnon at most $((most / 1024)) MiB; $counts"
  [ "$counts" = "duplicate=$again stored=$again residue=0" ] &&
    [ "$ready" -le 10000 ] && [ "$most" -le $((512 * 1024)) ]
}
