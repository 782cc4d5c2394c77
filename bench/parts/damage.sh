# shellcheck shell=bash
# A segment of 64 KiB with every bit flipped and cut at every byte (bench/README.md).
part_damage() {
  local begin=$SECONDS
  MILLRACE_TEST_DAMAGE=all "$root/artifacts/bin/Millrace.Tests/release/Millrace.Tests" \
    --filter-class '*.Log.DamageTests' --output Detailed --no-ansi --no-progress >"$work/test.log" ||
    { tail -40 "$work/test.log" >&2; return 1; }
  report "every bit of a segment flipped, every length: no wrong record, every loss counted, in $((SECONDS - begin)) s"
}
