// Opens every *.avro below a folder with avsc, and checks what the specification requires of manifests and their lists.
// Prints {"lists", "manifests", "entries", "problems": [...]}.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';

const LIST_FIELDS = {
  manifest_path: 500, manifest_length: 501, partition_spec_id: 502, content: 517, sequence_number: 515,
  min_sequence_number: 516, added_snapshot_id: 503, added_files_count: 504, existing_files_count: 505,
  deleted_files_count: 506, added_rows_count: 512, existing_rows_count: 513, deleted_rows_count: 514,
};
const ENTRY_FIELDS = { status: 0, snapshot_id: 1, sequence_number: 3, file_sequence_number: 4, data_file: 2 };
const FILE_FIELDS = {
  content: 134, file_path: 100, file_format: 101, partition: 102, record_count: 103, file_size_in_bytes: 104,
};

// 64-bit values as BigInt: snapshot ids do not fit into a number.
const long = avro.types.LongType.__with({
  fromBuffer: buffer => buffer.readBigInt64LE(),
  toBuffer: value => { const buffer = Buffer.alloc(8); buffer.writeBigInt64LE(value); return buffer; },
  fromJSON: BigInt, toJSON: String, isValid: value => typeof value === 'bigint',
  compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
});

const totals = { lists: 0, manifests: 0, entries: 0, problems: [] };
for (const path of avroFiles(process.argv[2])) {
  try {
    check(path, await read(path));
  } catch (error) {
    totals.problems.push(`${path}: ${error.message}`);
  }
}
console.log(JSON.stringify(totals));

function* avroFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.avro')) yield join(entry.parentPath ?? entry.path, entry.name);
  }
}

function read(path) {
  return new Promise((resolve, reject) => {
    const file = { records: [] };
    avro.createFileDecoder(path, { parseHook: schema => avro.Type.forSchema(schema, { registry: { long } }) })
      .on('metadata', (type, codec, { meta }) => {
        Object.assign(file, { codec, meta, schema: JSON.parse(meta['avro.schema']) });
      })
      .on('data', record => file.records.push(record))
      .on('error', reject)
      .on('end', () => resolve(file));
  });
}

function check(path, { codec, meta, schema, records }) {
  const demand = (holds, what) => { if (!holds) totals.problems.push(`${path}: ${what}`); };
  demand(records.length > 0, 'has no records');
  demand(codec === 'null' || codec === 'deflate', `codec ${codec}`);
  if (schema.name === 'manifest_file') {
    totals.lists++;
    requireIds(schema, LIST_FIELDS, demand);
    for (const record of records) {
      demand(Object.keys(LIST_FIELDS).every(name => record[name] !== null), `null in ${record.manifest_path}`);
    }
    return;
  }
  totals.manifests++;
  totals.entries += records.length;
  demand(schema.name === 'manifest_entry', `an unknown record ${schema.name}`);
  for (const key of ['schema', 'schema-id', 'partition-spec', 'partition-spec-id', 'format-version', 'content']) {
    demand(meta[key] !== undefined, `the header has no ${key}`);
  }
  requireIds(schema, ENTRY_FIELDS, demand);
  requireIds(schema.fields.find(field => field.name === 'data_file').type, FILE_FIELDS, demand);
  for (const record of records) checkEntry(record, demand);
}

function requireIds(schema, ids, demand) {
  for (const [name, id] of Object.entries(ids)) {
    demand(schema.fields.some(field => field.name === name && field['field-id'] === id), `${name} is not field ${id}`);
  }
}

function checkEntry({ status, snapshot_id, sequence_number, file_sequence_number, data_file }, demand) {
  const name = data_file.file_path;
  demand(data_file.record_count > 0n && data_file.file_size_in_bytes > 0n, `${name} is empty`);
  demand(data_file.file_format === 'PARQUET', `${name} is ${data_file.file_format}`);
  // Only files added by this very commit may inherit their numbers.
  demand(status === 1 || (sequence_number !== null && file_sequence_number !== null), `${name} has no sequence number`);
  demand(snapshot_id !== null || status === 1, `${name} has no snapshot`);
}
