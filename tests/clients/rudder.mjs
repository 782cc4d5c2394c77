// Sends events with @rudderstack/rudder-sdk-node. Exit code 0: the SDK believes that it sent them all.
import RudderAnalytics from '@rudderstack/rudder-sdk-node';
import { finish, readArguments, writeExpectation } from './arguments.mjs';
import { makeEvent } from './traffic.mjs';

const BATCH = 20;
const { to, key, events: count, prefix, expect } = readArguments();
const events = Array.from({ length: count }, (_, i) => makeEvent(prefix, i));
writeExpectation(expect, events);

const analytics = new RudderAnalytics(key, { dataPlaneUrl: to, flushAt: BATCH, flushInterval: 100, logLevel: 'error' });
const problems = [];
for (let first = 0; first < count; first += BATCH) {
  // One batch after the other: the SDK tries a batch three times, and two batches at once could lose them all.
  const sent = events.slice(first, first + BATCH).map(({ kind, event }) => new Promise(resolve => {
    const { messageId, ...message } = event;
    analytics[kind]({ ...message, messageId }, error => {
      if (error) problems.push(`${messageId}: ${error.message ?? error}`);
      resolve();
    });
  }));
  await Promise.all(sent);
}
finish(count, problems);
