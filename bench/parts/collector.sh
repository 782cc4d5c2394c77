# shellcheck shell=bash
# The collector alone beside its peers, in batches and in single events (bench/README.md).
part_collector() {
  . "$bench/peers.sh"
  local round rounds=${MILLRACE_BENCH_ROUNDS:-5} seconds=${MILLRACE_BENCH_SECONDS:-3}
  "$root/tests/debian" nginx wrk
  node "$bench/peers/bodies.js" "$work"
  ln "$work/single.json" "$work/single-256.json"
  trap 'stop_peers; finish' EXIT
  peer_nginx; peer_kestrel; peer_node
  peer_millrace millrace disk; peer_millrace millrace-os os
  touch_memory
  : >"$work/runs"
  interleave batch 100 64 "$seconds" "$rounds" nginx kestrel node millrace millrace-os
  interleave single 1 64 "$seconds" "$rounds" nginx kestrel node millrace millrace-os
  interleave single-256 1 256 "$seconds" "$rounds" kestrel millrace millrace-os
  stop_peers
  rm -rf "$work"/millrace "$work"/millrace-os
  for ((round = 1; round <= rounds; round++)); do
    run_alone millrace disk $((5 * seconds))
    run_alone millrace-os os $((5 * seconds))
  done
  table batch nginx kestrel node millrace millrace-os
  table single nginx kestrel node millrace millrace-os
  table single-256 kestrel millrace millrace-os
  table batch-long millrace millrace-os
  report "batch, events per core-second: $(ratio batch millrace nginx 2) of nginx's, bound 0.60, aim 0.75"
  report "single, requests/s: $(ratio single millrace kestrel 1) of Kestrel's, bound 0.60, aim 0.75;" \
    "per core-second $(ratio single millrace kestrel 2)"
  report "durable beside durability=os, requests/s: batch $(ratio batch millrace millrace-os 1), in runs of $((5 * seconds)) s" \
    "$(ratio batch-long millrace millrace-os 1)," \
    "single $(ratio single millrace millrace-os 1), with 256 connections $(ratio single-256 millrace millrace-os 1);" \
    "per core-second $(ratio batch millrace millrace-os 2), $(ratio single millrace millrace-os 2)," \
    "$(ratio single-256 millrace millrace-os 2); bound 0.95"
  awk -v batch="$(ratio batch millrace nginx 2)" -v single="$(ratio single millrace kestrel 1)" \
    -v long="$(ratio batch-long millrace millrace-os 1)" -v many="$(ratio single-256 millrace millrace-os 1)" \
    'BEGIN { exit !(batch + 0 >= 0.6 && single + 0 >= 0.6 && long + 0 >= 0.95 && many + 0 >= 0.95) }'
  ! awk '$2 ~ /^millrace/ && $8 > 0' "$work/runs" | grep .
}

# A long run in batches, NAME DURABILITY SECONDS. What is never synced is written back from the fourth second on and
# held up from the eighth: shorter runs would leave their disk's work to the next one. A server of its own for each, for
# nobody releases the log of a collector alone: it would come to fill the disk.
run_alone() {
  peer_millrace alone "$2"
  run alone batch 100 64 5 >/dev/null
  echo "batch-long $1 $(run alone batch 100 64 "$3")" | tee -a "$work/runs" >&2
  stop_peers
  rm -rf "$work/alone"
  settle_disk
}
