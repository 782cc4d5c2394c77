import { parseArgs } from 'node:util';
import { appendFileSync } from 'node:fs';
import { expectRow } from './traffic.mjs';

/** What an SDK script is told: --to URL --key KEY --events N --prefix P --expect FILE. */
export function readArguments() {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { to: text, key: text, events: text, prefix: text, expect: text } });
  return { ...values, events: Number(values.events) };
}

/** Writes down what must arrive, one row a line, before anything is sent. */
export function writeExpectation(file, events) {
  appendFileSync(file, events.map(event => JSON.stringify(expectRow(event)) + '\n').join(''));
}

/** Ends the process with what the SDK believes: 0 only if it reported every event as sent. */
export function finish(events, problems) {
  for (const problem of problems.slice(0, 5)) console.error(problem);
  console.log(JSON.stringify({ events, failed: problems.length }));
  process.exit(problems.length === 0 ? 0 : 1);
}
