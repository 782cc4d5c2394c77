# shellcheck shell=bash
# The log and the lake on a simulated disk, clock and catalog (bench/README.md): one scenario with each of its
# operations hit, then 50,000 seeds in rounds. Each round has its line in the report when it ends, and a later run goes
# on behind the last one; MILLRACE_FIRST_SEED begins elsewhere.
part_simulation() {
  local next end round=${MILLRACE_ROUND:-1000}
  next=${MILLRACE_FIRST_SEED:-$(next_seed)}
  end=$((next + ${MILLRACE_SEEDS:-50000} - 1))
  [ -n "${MILLRACE_FIRST_SEED:-}" ] || end=${MILLRACE_SEEDS:-50000}
  if [ "$next" -eq 1 ]; then each_operation; fi # not behind ||: there it would go on after a failure
  while [ "$next" -le "$end" ]; do
    [ $((next + round - 1)) -le "$end" ] || round=$((end - next + 1))
    seeds "$next" "$round"
    next=$((next + round))
  done
}

# The one behind the last that any report has.
next_seed() {
  local last
  last=$(sed -n 's/^- seeds [0-9]* to \([0-9]*\):.*/\1/p' "$bench"/results/*-simulation.md | sort -n | tail -1)
  echo $((${last:-0} + 1))
}

# Runs the simulation with the arguments given; sets spent to the seconds of processor it took.
simulate() {
  local TIMEFORMAT='%U %S' seconds
  if ! { seconds=$({ time "$root/artifacts/bin/Millrace.Simulation/release/Millrace.Simulation" --no-progress "$@" \
    >"$work/log" 2>&1; } 2>&1); }; then
    tail -200 "$work/log" | tee -a "$result" >&2
    return 1
  fi
  spent=$(awk '{ printf "%.0f", $1 + $2 }' <<<"$seconds")
}

seeds() {
  local spent
  MILLRACE_FIRST_SEED=$1 MILLRACE_SEEDS=$2 MILLRACE_REPORT=$work/totals \
    simulate --filter-method '*Every_promise_holds_in_every_simulation'
  report "seeds $1 to $(($1 + $2 - 1)): no promise broken, $spent s of processor; $(paste -sd ' ' "$work/totals")"
}

each_operation() {
  local spent
  MILLRACE_SWEEP_EVERY=1 simulate --filter-class '*SweepTests' --xunit-diagnostics on
  report "each operation of one scenario hit: no promise broken, $spent s of processor"
  grep -h -A 3 ' at each ' "$work/log" | sed 's/^ */  /' | tee -a "$result"
}
