# shellcheck shell=bash
# 1,000 SIGKILLs and 5,000,000 events (bench/README.md).
part_crash() {
  crash_rounds KillTests MILLRACE_KILLS "${MILLRACE_KILLS:-1000}" 125
}

# Runs a class of tests with a count in its variable until so many crashes are done, so many a round. Each round has its
# own directory and seed, and its line in the report when it ends: what interrupts one costs no other.
crash_rounds() {
  local class=$1 variable=$2 left=$3 round=$4 seed=${MILLRACE_SEED:-$(date -u +%Y%m%d)} failed=0 begin isolated=()
  # In a mount namespace of its own: whatever ends the test, its mounts and loop devices go with it.
  [ "$(id -u)" -ne 0 ] || isolated=(unshare -m)
  export MILLRACE_CRASH_EVENTS=${MILLRACE_CRASH_EVENTS:-5000} MILLRACE_CRASH_REPORT=$work/crashes
  while [ "$left" -gt 0 ]; do
    [ "$left" -ge "$round" ] || round=$left
    begin=$SECONDS
    : >"$work/crashes"
    env "$variable=$round" MILLRACE_SEED="$seed" "${isolated[@]}" \
      "$root/artifacts/bin/Millrace.Integration/release/Millrace.Integration" \
      --filter-class "*.$class" --output Detailed --no-ansi --no-progress >"$work/test.log" ||
      { failed=1; report "a round **FAILED**:"; tail -60 "$work/test.log" >&2; }
    while read -r line; do report "$line ($((SECONDS - begin)) s)"; done <"$work/crashes"
    left=$((left - round)) seed=$((seed + 1))
  done
  return "$failed"
}
