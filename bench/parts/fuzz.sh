# shellcheck shell=bash
# Every fuzz target for an hour (MILLRACE_FUZZ_SECONDS), all at once (bench/README.md); what fails stays in
# artifacts/findings.
part_fuzz() {
  local seconds=${MILLRACE_FUZZ_SECONDS:-3600} fuzz=$root/artifacts/bin/Millrace.Fuzz/release/Millrace.Fuzz
  local target failed=0 pids=()
  for target in native segment record body log avro metadata; do
    nice "$fuzz" "$target" --seconds "$seconds" --corpus "$root/tests/Millrace.Fuzz/corpus/$target" \
      --findings "$root/artifacts/findings" >"$work/$target.json" 2>"$work/$target.err" &
    pids+=($!)
  done
  for target in "${pids[@]}"; do
    wait "$target" || failed=1
  done
  cat "$work"/*.err >&2
  fuzz_table | tee -a "$result"
  [ "$failed" -eq 0 ]
}

fuzz_table() {
  echo "| target | runs | CPU s | runs a CPU second | corpus | bytes | blocks reached | findings |"
  echo "|---|---|---|---|---|---|---|---|"
  cat "$work"/*.json | node -e '
    for (const line of require("fs").readFileSync(0, "utf8").trim().split("\n").map(JSON.parse))
      console.log(`| ${line.target} | ${line.runs} | ${line.cpu_seconds} | ${Math.round(line.runs / line.cpu_seconds)}`
        + ` | ${line.corpus} | ${line.corpus_bytes} | ${line.blocks_hit} of ${line.blocks} | ${line.findings.length} |`);'
}
