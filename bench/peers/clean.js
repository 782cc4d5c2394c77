// Copies the lines that PostgreSQL takes too: sound JSON objects without zero characters, with a time it can read.
const fs = require('node:fs');
const readline = require('node:readline');

const [from, to] = process.argv.slice(2);
const output = fs.createWriteStream(to);
readline.createInterface({ input: fs.createReadStream(from) }).on('line', (line) => {
  // Control characters separate columns in COPY; halves of surrogate pairs are no text for it.
  if (!line.startsWith('{') || line.length > 100_000 || /\\u0000|\\ud[89a-f]|[\u0001\u0002]/i.test(line)) return;
  try {
    const time = JSON.parse(line).event_time;
    if (/^\d{4}-\d\d-\d\dT/.test(time) && !Number.isNaN(Date.parse(time))) output.write(line + '\n');
  } catch {
    // Broken on purpose.
  }
}).on('close', () => output.end());
