import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeLogContract, newTopicName, SETTINGS, TestReader } from '../testing/contract.ts';
import { DeletableLog } from '../testing/deletable-log.ts';
import { LogInUseError, NotALogError } from './embedded-file.ts';
import { EmbeddedLog } from './embedded-log.ts';
import { Positions } from './positions.ts';

/** One whose disk is full. */
class FullLog extends EmbeddedLog {
  fill(): void {
    this.database.exec('PRAGMA max_page_count = 1');
  }

  makeRoom(): void {
    this.database.exec('PRAGMA max_page_count = 1000000');
  }
}

describeLogContract('EmbeddedLog in memory', async () => {
  const log = new DeletableLog(':memory:');
  return { log, deleteTopic: async (name) => log.deleteTopic(name) };
});

describeLogContract('EmbeddedLog in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-log-'));
  const log = new DeletableLog(join(folder, 'new', 'log.db'));
  const close = async (): Promise<void> => {
    await log.close();
    rmSync(folder, { recursive: true });
  };
  return { log: { topic: (name) => log.topic(name), close }, deleteTopic: async (name) => log.deleteTopic(name) };
});

describe('EmbeddedLog', () => {
  const newFile = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'embedded-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return join(folder, 'log.db');
  };
  afterEach(() => void vi.useRealTimers());

  it('has everything after it was closed and opened again, and counts on', async () => {
    const file = newFile();
    const before = new EmbeddedLog(file);
    await before.topic('t').ensure(SETTINGS);
    await before.topic('t').append({ key: 'k', value: Buffer.from('a') });
    await before.close();

    const after = new EmbeddedLog(file);
    onTestFinished(() => after.close());
    expect(await after.topic('t').append({ key: 'k', value: Buffer.from('b') })).toMatchObject({ offset: 1 });
    const records = await new TestReader(after.topic('t')).read(2);
    expect(records.map(({ value }) => Buffer.from(value!).toString())).toEqual(['a', 'b']);
  });

  it('goes on with a file from before records had keys and headers', async () => {
    const file = newFile();
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE topics (name TEXT PRIMARY KEY, next INTEGER NOT NULL, retention_ms INTEGER NOT NULL);
      CREATE TABLE records (topic TEXT, offset INTEGER, timestamp INTEGER, value BLOB, PRIMARY KEY (topic, offset));
      INSERT INTO topics VALUES ('t', 1, -1);
      INSERT INTO records VALUES ('t', 0, 1000, 'old');
    `);
    database.close();
    const log = new EmbeddedLog(file);
    onTestFinished(() => log.close());
    await log.topic('t').append({ key: 'k', value: Buffer.from('new'), headers: { name: 'text' } });
    const records = await new TestReader(log.topic('t')).read(2);
    expect(records.map(({ key, headers }) => [key && Buffer.from(key).toString(), headers.length])).toEqual([
      [null, 0],
      ['k', 1],
    ]);
  });

  it('refuses a file that is open elsewhere', async () => {
    const file = newFile();
    const first = new EmbeddedLog(file);
    onTestFinished(() => first.close());
    expect(() => new EmbeddedLog(file)).toThrow(LogInUseError);
  });

  it('refuses a file that is something else, and leaves it as it is', () => {
    const file = newFile();
    writeFileSync(file, 'a letter to a friend, long enough to have been a header of SQLite');
    expect(() => new EmbeddedLog(file)).toThrow(NotALogError);
  });

  it.each([['log.db'], ['sub/log.db'], ['sub/sub/log.db']])(
    'refuses a place where a file is in the way: %s',
    (below) => {
      const inTheWay = newFile();
      writeFileSync(inTheWay, '');
      const file = join(inTheWay, below);
      expect(() => new EmbeddedLog(file)).toThrow(`${file} cannot be opened: ${inTheWay} is not a folder`);
    },
  );

  it('refuses a place where a folder is in the way', () => {
    const file = newFile();
    mkdirSync(file);
    expect(() => new EmbeddedLog(file)).toThrow(`${file} cannot be opened: it is a folder`);
  });

  // What no user may write, not even root.
  it.runIf(process.platform === 'linux')('refuses a place where nothing may be written, and says why', () => {
    expect(() => new EmbeddedLog('/proc/log.db')).toThrow(/^\/proc\/log\.db cannot be opened: ./);
    expect(() => new EmbeddedLog('/proc/new/log.db')).toThrow(
      '/proc/new/log.db cannot be opened: the folder /proc/new cannot be made (nobody can make one there)',
    );
  });

  it('says where it cannot write, and why', async () => {
    const file = newFile();
    const log = new FullLog(file);
    onTestFinished(() => log.close());
    const topicLog = log.topic('t');
    await topicLog.ensure(SETTINGS);
    log.fill();
    const full = `${file} cannot be written: database or disk is full`;
    const large = { key: 'k', value: new Uint8Array(100_000) };
    await expect(topicLog.append(large)).rejects.toThrow(full);
    log.makeRoom();
    expect(await topicLog.append(large)).toMatchObject({ offset: 0 });
  });

  describe('when the clock of the machine is set back', () => {
    const HOUR_MS = 3_600_000;
    const appendOne = (log: EmbeddedLog) => log.topic('t').append({ key: 'k', value: Buffer.from('a') });

    it('never goes back itself, also not after it was opened again', async () => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ['Date'], now });
      const file = newFile();
      const before = new EmbeddedLog(file);
      await before.topic('t').ensure(SETTINGS);
      const timestamps = [(await appendOne(before)).timestamp];
      vi.setSystemTime(now - 2 * HOUR_MS);
      timestamps.push((await appendOne(before)).timestamp);
      await before.close();
      const after = new EmbeddedLog(file);
      onTestFinished(() => after.close());
      timestamps.push((await appendOne(after)).timestamp);
      vi.setSystemTime(now - 1);
      timestamps.push((await appendOne(after)).timestamp);
      vi.setSystemTime(now + 1);
      timestamps.push((await appendOne(after)).timestamp);
      expect(timestamps).toEqual([now, now, now, now, now + 1]);
      const records = await new TestReader(after.topic('t')).read(5);
      expect(records.map(({ timestamp }) => timestamp)).toEqual(timestamps);
    });

    it('does so for each topic by itself', async () => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ['Date'], now });
      const log = new EmbeddedLog(':memory:');
      onTestFinished(() => log.close());
      for (const topic of ['t', 'u']) await log.topic(topic).ensure(SETTINGS);
      await appendOne(log);
      vi.setSystemTime(now - HOUR_MS);
      const { timestamp } = await log.topic('u').append({ key: 'k', value: Buffer.from('a') });
      expect(timestamp).toBe(now - HOUR_MS);
    });

    it('still evicts by its own time', async () => {
      const now = Date.now();
      vi.useFakeTimers({ toFake: ['Date'], now });
      const log = new EmbeddedLog(':memory:');
      onTestFinished(() => log.close());
      await log.topic('t').ensure({ ...SETTINGS, retentionMs: 1_000 });
      await appendOne(log);
      vi.setSystemTime(now + 1_001);
      await appendOne(log);
      vi.setSystemTime(now - HOUR_MS);
      await appendOne(log);
      expect(await log.topic('t').listOffsets()).toEqual([{ partition: 0, low: 1, high: 3 }]);
    });
  });

  describe('in batches', () => {
    /** How many records come at once, of a topic with values of these sizes. */
    async function batchesOf(sizes: (number | null)[]): Promise<number[]> {
      const log = new EmbeddedLog(':memory:');
      onTestFinished(() => log.close());
      const topicLog = log.topic('t');
      await topicLog.ensure(SETTINGS);
      for (const size of sizes) await topicLog.append({ key: 'k', value: size === null ? null : new Uint8Array(size) });
      const batches: number[] = [];
      let left = sizes.length;
      for await (const { records } of topicLog.read({ from: new Positions(), signal: AbortSignal.timeout(10_000) })) {
        batches.push(records.length);
        left -= records.length;
        if (left === 0) break;
      }
      return batches;
    }
    const times = (count: number, size: number | null) => Array.from({ length: count }, () => size);
    const MIB = 1024 * 1024;

    it.each([
      ['500 at most', times(500, 10), [500]],
      ['the rest in the next', times(1_001, null), [500, 500, 1]],
      ['1 MiB at most', times(4, MIB / 2), [2, 2]],
      ['less, where the next would be too much', [MIB / 2, MIB / 2 + 1, MIB / 2 - 1, 1, 0, null], [1, 2, 3]],
      ['one, however large it is', [MIB + 1, 1, 3 * MIB, 3 * MIB], [1, 1, 1, 1]],
    ])('gives %s', async (_, sizes, expected) => {
      expect(await batchesOf(sizes)).toEqual(expected);
    });
  });

  it('evicts a hundred at most with each append', async () => {
    const log = new EmbeddedLog(':memory:');
    onTestFinished(() => log.close());
    vi.useFakeTimers({ toFake: ['Date'] });
    const topicLog = log.topic('t');
    await topicLog.ensure(SETTINGS);
    const append = () => topicLog.append({ key: 'k', value: null });
    for (let each = 0; each < 150; each += 1) await append();
    vi.advanceTimersByTime(1);
    await topicLog.ensure({ ...SETTINGS, retentionMs: 0 });
    for (const low of [100, 151, 152]) {
      await append();
      expect((await topicLog.listOffsets())[0]).toMatchObject({ low });
      vi.advanceTimersByTime(1);
    }
  });

  it('evicts what is older than the retention when something new comes, and never takes an offset again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const log = new EmbeddedLog(':memory:');
    onTestFinished(() => log.close());
    const topicLog = log.topic(newTopicName());
    await topicLog.ensure({ ...SETTINGS, retentionMs: 1_000 });
    for (const value of ['a', 'b']) await topicLog.append({ key: 'k', value: Buffer.from(value) });
    vi.advanceTimersByTime(1_001);
    expect(await topicLog.append({ key: 'k', value: Buffer.from('c') })).toMatchObject({ offset: 2 });
    expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 2, high: 3 }]);
  });

  it('refuses a file that is damaged anywhere', async () => {
    const file = newFile();
    const log = new EmbeddedLog(file);
    await log.topic('t').ensure(SETTINGS);
    for (let each = 0; each < 20; each += 1) await log.topic('t').append({ key: 'k', value: new Uint8Array(1_000) });
    await log.close();
    const damaged = readFileSync(file);
    damaged.fill(0x5a, damaged.length - 3_000);
    writeFileSync(file, damaged);
    expect(() => new EmbeddedLog(file)).toThrow(NotALogError);
  });

  it('can be closed twice', async () => {
    const log = new EmbeddedLog(':memory:');
    await log.close();
    await log.close();
  });
});
