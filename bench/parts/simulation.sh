# shellcheck shell=bash
# The log and the lake on a simulated disk, clock and catalog, 50,000 seeds (bench/README.md). What was done is written
# every 500 seeds; MILLRACE_FIRST_SEED goes on from there.
part_simulation() {
  local tests=$root/artifacts/bin/Millrace.Simulation/release/Millrace.Simulation first=${MILLRACE_FIRST_SEED:-1}
  report "seeds from $first:"
  MILLRACE_FIRST_SEED=$first MILLRACE_SEEDS=${MILLRACE_SEEDS:-50000} MILLRACE_REPORT=$work/totals \
    "$tests" --filter-method '*Every_promise_holds_in_every_simulation' --no-progress >"$work/seeds.log" || {
      cat "$work/totals" "$work/seeds.log" | tee -a "$result" >&2
      return 1
    }
  tee -a "$result" <"$work/totals"
  MILLRACE_SWEEP_EVERY=1 "$tests" --filter-class '*SweepTests' --xunit-diagnostics on --no-progress >"$work/sweep.log" ||
    { tail -200 "$work/sweep.log" | tee -a "$result" >&2; return 1; }
  grep -A 3 ' at each ' "$work/sweep.log" | tee -a "$result"
}
