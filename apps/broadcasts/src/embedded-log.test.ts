import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeLogContract, newTopicName, SETTINGS, TestReader } from '../testing/contract.ts';
import { EmbeddedLog, LogInUseError, NotALogError } from './embedded-log.ts';

describeLogContract('EmbeddedLog in memory', async () => {
  const log = new EmbeddedLog(':memory:');
  return { log, deleteTopic: async (name) => log.deleteTopic(name) };
});

describeLogContract('EmbeddedLog in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'embedded-log-'));
  const log = new EmbeddedLog(join(folder, 'new', 'log.db'));
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

  it('refuses a place where no file can be', () => {
    const file = newFile();
    writeFileSync(file, '');
    expect(() => new EmbeddedLog(join(file, 'log.db'))).toThrow(/log\.db/);
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
    expect(await topicLog.describe()).toEqual([{ partition: 0, low: 2, high: 3 }]);
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
