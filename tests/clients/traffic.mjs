// The events both SDKs send: nested, unicode, emoji, numbers of every kind, 20 KB, with ids known beforehand.

const TEXTS = [
  'plain',
  'Grüße, naïve café, Ελληνικά, Кириллица',
  '日本語 中文 한국어 ภาษาไทย',
  'العربية עברית ‏mixed‎ directions',
  '😀 👩‍👩‍👧‍👦 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢',
  'quotes " \\ / \b\f\n\r\t \u0001 \u2028 \u2029 <script>&amp;',
  '',
];

const KINDS = ['track', 'track', 'track', 'identify', 'page', 'screen', 'group', 'alias'];

/** Event number i as an SDK takes it, and what must come out of the lake for it. */
export function makeEvent(prefix, i) {
  const kind = KINDS[i % KINDS.length];
  const event = {
    messageId: `${prefix}-${String(i).padStart(6, '0')}`,
    userId: `${prefix}-user-${i % 17}`,
    timestamp: new Date(Date.now() - i * 250),
    context: { locale: 'de-CH', test: { run: prefix, text: TEXTS[i % TEXTS.length], deep: { list: [1, [2, [3]]] } } },
  };
  const payload = makePayload(i);
  if (kind === 'track') Object.assign(event, { event: `Event ${TEXTS[i % 5]}`, properties: payload });
  if (kind === 'identify' || kind === 'group') event.traits = payload;
  if (kind === 'group') event.groupId = `group-${i % 5}`;
  if (kind === 'page' || kind === 'screen') Object.assign(event, { name: `Page ${TEXTS[i % 5]}`, properties: payload });
  if (kind === 'alias') event.previousId = `before-${i}`;
  return { kind, event };
}

/** The row that event must become, of the columns whose value the caller decides. */
export function expectRow({ kind, event }) {
  return {
    event_id: event.messageId,
    type: kind,
    event: event.event ?? kind,
    name: event.name ?? null,
    user_id: event.userId,
    group_id: event.groupId ?? null,
    previous_id: event.previousId ?? null,
    client_time_ms: event.timestamp.getTime(),
    locale: event.context.locale,
    properties: event.properties ?? event.traits ?? {},
    context_test: event.context.test,
  };
}

function makePayload(i) {
  const payload = {
    number: i,
    fraction: i / 7,
    large: 9007199254740991 - i,
    tiny: 1e-9 * (i + 1),
    negative: -i,
    yes: i % 2 === 0,
    nothing: null,
    text: TEXTS[i % TEXTS.length],
    [`key ${TEXTS[i % 5]}`]: { a: [], b: {}, 'c.d': [{ e: [TEXTS[(i + 3) % TEXTS.length]] }] },
    list: Array.from({ length: i % 9 }, (_, at) => ({ at, text: TEXTS[at % TEXTS.length] })),
  };
  if (i % 10 === 0) payload.big = bigText(i);
  return payload;
}

/** 20 KB of text that does not compress away, as UTF-8. */
function bigText(i) {
  let state = i + 1;
  let text = '';
  while (Buffer.byteLength(text) < 20_000) {
    for (let n = 0; n < 500; n++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      text += String.fromCodePoint(state % 29 === 0 ? 0x1f600 + (state >>> 8) % 64 : 0x61 + (state >>> 8) % 26);
    }
  }
  return text;
}
