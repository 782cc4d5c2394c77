// Sends events with @segment/analytics-node. Exit code 0: the SDK believes that it sent them all.
import { Analytics } from '@segment/analytics-node';
import { finish, readArguments, writeExpectation } from './arguments.mjs';
import { makeEvent } from './traffic.mjs';

const { to, key, events: count, prefix, expect } = readArguments();
const events = Array.from({ length: count }, (_, i) => makeEvent(prefix, i));
writeExpectation(expect, events);

const analytics = new Analytics({ writeKey: key, host: to, flushAt: 15, flushInterval: 200 });
const problems = [];
let answered = 0;
for (const { kind, event } of events) {
  analytics[kind](event, error => {
    answered++;
    if (error) problems.push(`${event.messageId}: ${error.reason ?? error}`);
  });
}
await analytics.closeAndFlush({ timeout: 60_000 });
if (answered !== count) problems.push(`${count - answered} events were never answered`);
finish(count, problems);
