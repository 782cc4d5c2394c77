// The two bodies that every peer gets: one event of an online shop (about 780 bytes), and an array of 100 of them.
const fs = require('node:fs');

const directory = process.argv[2];
let state = 20261122;
const below = (n) => { state = (Math.imul(state, 1664525) + 1013904223) >>> 0; return Math.floor(state / 2 ** 32 * n); };
const hex = (length) => Array.from({ length }, () => below(16).toString(16)).join('');
const pick = (...values) => values[below(values.length)];
const uuid = () => [8, 4, 4, 4, 12].map(hex).join('-');

const event = (n) => ({
  event: pick('product_viewed', 'product_added', 'checkout_started', 'order_completed'),
  event_id: uuid(),
  event_time: new Date(Date.UTC(2026, 10, 22, 8, below(60), below(60), below(1000))).toISOString(),
  user_id: `user-${below(1e6)}`, anonymous_id: uuid(), session_id: hex(24),
  latitude: 50 + below(1e6) / 1e6, longitude: 8 + below(1e6) / 1e6,
  os: pick('Android', 'iOS', 'Windows'), os_version: `${10 + below(8)}.${below(9)}`,
  network: 'wifi', device_model: pick('Pixel 9', 'iPhone17,2', 'SM-S931B'), app_version: `4.${below(30)}.${below(9)}`, locale: 'de-DE',
  url: `https://shop.example/p/${below(1e5)}?utm_source=newsletter&utm_medium=email`,
  properties: {
    order: n, product_id: `sku-${below(1e6)}`, name: 'Linen shirt, long sleeve', category: 'apparel/shirts',
    price: 10 + below(9000) / 100, currency: 'EUR', quantity: 1 + below(3), in_stock: true, coupon: null,
    sizes: ['S', 'M', 'L'], variant: { colour: pick('blue', 'white', 'olive'), size: 'M' },
    note: 'Lieferung bis Freitag \u2013 \u00fcber \u201eExpress\u201c', page: below(40),
  },
});
const events = Array.from({ length: 100 }, (_, n) => event(n));
fs.writeFileSync(`${directory}/single.json`, JSON.stringify(events[0]));
fs.writeFileSync(`${directory}/batch.json`, JSON.stringify(events));
