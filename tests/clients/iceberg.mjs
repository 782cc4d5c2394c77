// Reads tables with icebird. For each line of standard input,
//   {"metadata": "/path/to/N.metadata.json", "snapshots": "current" | "all", "key": column,
//    "sample": every N-th row, "last": column,
//    "sum": {...}}
// one line of standard output:
//   {"snapshots": [{"id", "summary", "count", "last", "sums": {group: total}, "rows": [...]}]}
// "sum": {"of": column, "by": column} adds up a column, grouped by another. Sample rows are in the order of their key.
// "last" is the greatest value of a column of integers.
import { createInterface } from 'node:readline';
import { readFile } from 'node:fs/promises';
import { icebergRead } from 'icebird';
import { serveFiles } from './files.mjs';

serveFiles();
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(await readTable(JSON.parse(line)), toJson));
  } catch (error) {
    console.log(JSON.stringify({ error: `${error.message} (${error.stack?.split('\n')[1]?.trim()})` }));
  }
}

async function readTable(request) {
  const text = await readFile(request.metadata, 'utf8');
  const metadata = JSON.parse(text);
  const wanted = request.snapshots === 'all'
    ? metadata.snapshots
    : metadata.snapshots.filter(snapshot => snapshot['snapshot-id'] === metadata['current-snapshot-id']);
  const snapshots = [];
  for (const snapshot of wanted) {
    snapshots.push(await readSnapshot(metadata, snapshot, request));
  }
  return { snapshots };
}

async function readSnapshot(metadata, snapshot, { key, sample, last, sum }) {
  const summary = snapshot.summary;
  const rows = summary['total-records'] === '0' ? [] : await icebergRead({
    tableUrl: metadata.location,
    metadata: { ...metadata, 'current-snapshot-id': snapshot['snapshot-id'] },
  });
  const sums = {};
  if (sum) for (const row of rows) sums[row[sum.by]] = (sums[row[sum.by]] ?? 0n) + row[sum.of];
  const schema = metadata.schemas.find(known => known['schema-id'] === metadata['current-schema-id']);
  const names = schema.fields.map(field => field.name);
  const picked = rows
    .sort((a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0))
    .filter((_, i) => sample > 0 && i % sample === 0)
    .map(row => Object.fromEntries(names.map(name => [name, row[name] ?? null])));
  const id = String(snapshot['snapshot-id']);
  return { id, summary, count: rows.length, last: greatest(rows, last), sums, rows: picked };
}

function greatest(rows, column) {
  return column ? rows.reduce((most, row) => (row[column] > most ? row[column] : most), -1n) : null;
}

/** 64-bit integers as text: a number of JavaScript cannot hold them. */
function toJson(_, value) {
  return typeof value === 'bigint' ? String(value) : value;
}
