// Node, as many teams begin: parse the JSON, append each event as a line to a file, answer before it is written.
const fs = require('node:fs');
const http = require('node:http');

const [file, port] = process.argv.slice(2);
const lines = fs.createWriteStream(file, { flags: 'a' });
http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces));
    let text = '';
    for (const event of Array.isArray(body) ? body : [body]) text += JSON.stringify(event) + '\n';
    lines.write(text);
    response.writeHead(204).end();
  });
}).listen(Number(port), '127.0.0.1');
