import type { DatabaseSync } from 'node:sqlite';
import { COLUMNS } from './record-row.ts';

/** SQLite's page cache, in KiB: what the history costs in memory; the rest is in a temporary file. */
const CACHE_KIB = 16 * 1024;
/** Records in one statement, which saves half of the time. More of them save no more. */
export const ROWS_AT_ONCE = 50;

/** Bytes of a page of the file: records go in a fifth faster than with SQLite's own 4 KiB. */
const FILE_PAGE_BYTES = 8 * 1024;

/**
 * The key is the order of pages, searches and downloads: what they read stands side by side. In a partition it is the
 * order of offsets only where the log stamps, since a producer may put any time into a record. So how clients resume
 * and a record is found needs an index; nothing else does. That no place comes twice is the history's business: to have
 * SQLite look costs a tenth of the time.
 */
const SCHEMA = `
  PRAGMA page_size = ${FILE_PAGE_BYTES};
  PRAGMA cache_size = -${CACHE_KIB};
  PRAGMA journal_mode = MEMORY;
  PRAGMA synchronous = OFF;
  CREATE TABLE records (
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    timestamp_type INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    value_size INTEGER,
    unreadable TEXT,
    read_at INTEGER,
    key BLOB,
    headers TEXT,
    value BLOB,
    PRIMARY KEY (topic, timestamp, partition, offset)
  ) WITHOUT ROWID;
  CREATE INDEX by_place ON records (topic, partition, offset);
  CREATE TABLE parts (
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (topic, partition, offset, part)
  ) WITHOUT ROWID;
`;

/** The first parameters are the same for all rows: to give them with each of them would cost 5 % of the time each. */
const ROW = `(?1, ?2, ${COLUMNS.replaceAll(/\w+/g, '?')})`;
/** What fails takes the transaction with it, so SQLite need not note how to undo the statement alone. */
const insertInto = (rows: number) =>
  `INSERT OR ROLLBACK INTO records (topic, read_at, ${COLUMNS}) VALUES ${Array(rows).fill(ROW).join(', ')}`;

/** Bytes of a value up to which it is in an outline: a list shows all of such a text, and it is read in no time. */
const OUTLINED = 64 * 1024;
/** As text, since bytes, which node:sqlite puts into a buffer each, take three times as long. */
const OUTLINE = `
  timestamp, partition, offset, CAST(substr(key, 1, 1024) AS TEXT),
  CASE WHEN value_size IS NULL AND unreadable IS NULL AND length(value) <= ${OUTLINED} THEN CAST(value AS TEXT) END
`;

const PLACE = 'timestamp, partition, offset';
const inSpan = (columns: string) => `
  SELECT ${columns} FROM records
  WHERE topic = ? AND (timestamp, partition, offset) < (?, ?, ?) AND (timestamp, partition, offset) > (?, ?, ?)
`;
const NEWEST_FIRST = 'ORDER BY timestamp DESC, partition DESC, offset DESC';
const OLDEST_FIRST = 'ORDER BY timestamp, partition, offset';

/** Bytes of a value above which it is left out, and the others are looked at one by one. */
const SKIMMED_BYTES = 1024;
const OF_ONE = `
  length(value) > ${SKIMMED_BYTES} AS is_long, CAST(substr(key, 1, 1024) AS TEXT) AS key,
  CASE WHEN length(value) <= ${SKIMMED_BYTES} THEN CAST(value AS TEXT) END AS value
`;
/** Many records as one text: to make a string of each takes most of the time of a search. */
const skim = (order: string) => `
  SELECT count(*) AS count, total(is_long) > 0 AS hasLong,
    group_concat(key, char(10)) AS keys, coalesce(group_concat(value, char(10)), '') AS texts
  FROM (${inSpan(OF_ONE)} ${order} LIMIT ?)
`;

/** Where a topic's records are, from a time on. */
const IN_TIME = 'FROM records WHERE topic = ?1 AND timestamp >= ?2';
const PLACES = `SELECT ${PLACE} FROM records WHERE topic = ? AND partition = ?`;

/** Makes the tables of a history in a database that is empty, and the statements by which they are written and read. */
export function prepareStatements(database: DatabaseSync) {
  database.exec(SCHEMA);
  const statements = {
    insert: database.prepare(insertInto(1)),
    insertMany: database.prepare(insertInto(ROWS_AT_ONCE)),
    insertPart: database.prepare('INSERT INTO parts VALUES (?, ?, ?, ?, ?)'),
    newestFirst: database.prepare(inSpan(COLUMNS) + NEWEST_FIRST),
    oldestFirst: database.prepare(inSpan(COLUMNS) + OLDEST_FIRST),
    outlinesNewestFirst: database.prepare(inSpan(OUTLINE) + NEWEST_FIRST),
    outlinesOldestFirst: database.prepare(inSpan(OUTLINE) + OLDEST_FIRST),
    skimNewestFirst: database.prepare(skim(NEWEST_FIRST)),
    skimOldestFirst: database.prepare(skim(OLDEST_FIRST)),
    placeNewestFirst: database.prepare(`${inSpan(PLACE)} ${NEWEST_FIRST} LIMIT 1 OFFSET ?`),
    placeOldestFirst: database.prepare(`${inSpan(PLACE)} ${OLDEST_FIRST} LIMIT 1 OFFSET ?`),
    fromOffset: database.prepare(
      `SELECT ${COLUMNS} FROM records WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset`,
    ),
    countFrom: database.prepare(`
      SELECT count(*) AS count FROM
      (SELECT 1 FROM records WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ? LIMIT ?)
    `),
    countInTime: database.prepare(`SELECT count(*) AS count ${IN_TIME} AND timestamp < ?3`),
    times: database.prepare(
      `SELECT (SELECT min(timestamp) ${IN_TIME}) AS oldest, (SELECT max(timestamp) ${IN_TIME}) AS newest`,
    ),
    // SQLite would rather look through the whole topic than follow an index that is not unique.
    at: database.prepare(`
      SELECT ${COLUMNS}, read_at FROM records INDEXED BY by_place WHERE topic = ? AND partition = ? AND offset = ?
    `),
    firstFrom: database.prepare(`${PLACES} AND offset >= ? ORDER BY offset LIMIT 1`),
    lastBefore: database.prepare(`${PLACES} AND offset < ? ORDER BY offset DESC LIMIT 1`),
    part: database.prepare('SELECT bytes FROM parts WHERE topic = ? AND partition = ? AND offset = ? AND part = ?'),
    oldest: database.prepare(`
      SELECT timestamp, partition, offset, weight, value_size FROM records
      WHERE topic = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp, partition, offset LIMIT ?
    `),
    deleteUpTo: database.prepare(`
      DELETE FROM records WHERE topic = ? AND timestamp >= ? AND (timestamp, partition, offset) <= (?, ?, ?)
    `),
    deleteParts: database.prepare(`
      DELETE FROM parts WHERE topic = ? AND partition = ? AND offset = ? AND part IN
      (SELECT part FROM parts WHERE topic = ? AND partition = ? AND offset = ? LIMIT ?)
    `),
    pages: database.prepare('PRAGMA page_count'),
    freePages: database.prepare('PRAGMA freelist_count'),
    pageSize: database.prepare('PRAGMA page_size'),
  };
  const { newestFirst, oldestFirst, outlinesNewestFirst, outlinesOldestFirst, fromOffset, at } = statements;
  // An object for each row would take half as long again.
  for (const rows of [newestFirst, oldestFirst, outlinesNewestFirst, outlinesOldestFirst, fromOffset, at])
    rows.setReturnArrays(true);
  return statements;
}
