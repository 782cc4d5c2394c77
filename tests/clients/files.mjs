import { open } from 'node:fs/promises';

/** Makes fetch read file:/// locations as a web server would: HEAD, Range with 206, 416 beyond the end, 404. */
export function serveFiles() {
  const overNetwork = globalThis.fetch;
  globalThis.fetch = (resource, init) =>
    String(resource).startsWith('file:///') ? readLocation(String(resource), init) : overNetwork(resource, init);
}

async function readLocation(location, init = {}) {
  let file;
  try {
    file = await open(location.slice('file://'.length));
  } catch {
    return new Response(null, { status: 404 });
  }
  try {
    const { size } = await file.stat();
    if (init.method === 'HEAD') return new Response(null, { headers: { 'Content-Length': String(size) } });
    const range = /^bytes=(\d+)-(\d*)$/.exec(new Headers(init.headers).get('Range') ?? '');
    const first = range ? Number(range[1]) : 0;
    const last = range?.[2] ? Number(range[2]) : size - 1;
    // A server would cut the range short; here a wrong file_size_in_bytes shall be seen.
    if (range && (first >= size || last >= size)) return new Response(null, { status: 416 });
    const bytes = Buffer.alloc(last - first + 1);
    await file.read(bytes, 0, bytes.length, first);
    return new Response(bytes, { status: range ? 206 : 200 });
  } finally {
    await file.close();
  }
}
