import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { getSystemErrorMessage } from 'node:util';

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The file belongs to another process. */
export class LogInUseError extends Error {
  override readonly name = 'LogInUseError';
}

/** The file is damaged, or is something else. */
export class NotALogError extends Error {
  override readonly name = 'NotALogError';
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL DEFAULT 0,
    retention_ms INTEGER NOT NULL DEFAULT -1
  );
  CREATE TABLE IF NOT EXISTS records (
    topic TEXT NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    value BLOB,
    key BLOB,
    headers TEXT,
    PRIMARY KEY (topic, offset)
  );
`;

/**
 * Opens the file of a log, which is made with its folder if missing, and locks it for as long as it is open.
 *
 * @throws {LogInUseError} when another process has the file open.
 * @throws {NotALogError} when the file is damaged, or is something else.
 * @throws with the path and the reason when it cannot be kept there.
 */
export function openLogFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') makeFolder(dirname(file));
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec(SCHEMA);
    addColumns(database);
    checkFile(database);
    return database;
  } catch (error) {
    database?.close();
    throw openError(file, error as SqliteError);
  }
}

/**
 * Makes a folder, and those above it. With `recursive` Node tries for ever where it can make none, such as in /proc.
 */
function makeFolder(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there?.isDirectory()) return;
  if (there) throw new Error(`${folder} is not a folder`);
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Where there can be no folder at all, such as in /proc, the system says that this one is not there.
    const isNowhere = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isNowhere ? 'nobody can make one there' : reasonOf(error);
    throw new Error(`the folder ${folder} cannot be made (${reason})`, { cause: error });
  }
}

/** The system's reason in words, without its codes. */
function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? message : getSystemErrorMessage(errno);
}

/** A file of the first version has no keys, and one of the second no headers. */
function addColumns(database: DatabaseSync): void {
  const columns = database.prepare('PRAGMA table_info(records)').all() as { name: string }[];
  const has = new Set(columns.map(({ name }) => name));
  if (!has.has('key')) database.exec('ALTER TABLE records ADD COLUMN key BLOB');
  if (!has.has('headers')) database.exec('ALTER TABLE records ADD COLUMN headers TEXT');
}

/** Finds damage before anyone relies on the file. Takes some 0.3 s for a million records. */
function checkFile(database: DatabaseSync): void {
  const { quick_check: problem } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (problem !== 'ok') throw Object.assign(new Error(problem), { errcode: SQLITE_CORRUPT });
}

type SqliteError = Error & { errcode?: number };

function openError(file: string, error: SqliteError): Error {
  if (error.errcode === SQLITE_BUSY) return new LogInUseError(`${file} is in use by another process`, { cause: error });
  if (error.errcode === SQLITE_NOTADB || error.errcode === SQLITE_CORRUPT)
    return new NotALogError(`${file} is damaged or is not a log of this application`, { cause: error });
  const ofSqlite = error.errcode !== undefined;
  return new Error(`${file} cannot be opened: ${(ofSqlite && whyNot(file)) || reasonOf(error)}`, { cause: error });
}

/** The system's reason, since SQLite says no more than that it was unable to; nothing when there is none. */
function whyNot(file: string): string | undefined {
  try {
    const folder = dirname(file);
    accessSync(folder, constants.W_OK);
    const there = statSync(file, { throwIfNoEntry: false });
    if (there?.isDirectory()) return 'it is a folder';
    if (there) accessSync(file, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** What SQLite says went wrong with an open file, with its path. */
export function fileError(file: string, what: 'read' | 'written', error: Error): Error {
  return new Error(`${file} cannot be ${what}: ${error.message}`, { cause: error });
}
