import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedLog } from '@hello/broadcasts';
import { ConfigError, StartError } from '@hello/service';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startStandalone } from './service.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'standalone-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const start = (env: Record<string, string> = {}, args: string[] = []) =>
  startStandalone({ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: newFolder(), ...env }, args);

async function takenPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

/** What is said about a start that is refused. */
async function refusal(env: Record<string, string>, args: string[] = []): Promise<string> {
  const error = await start(env, args).then(
    () => new Error('it was not refused'),
    (reason: Error) => reason,
  );
  if (error instanceof StartError || error instanceof ConfigError) return error.message;
  throw error;
}

describe('startStandalone', () => {
  it('starts, keeps its log in the folder that it was given, and closes', async () => {
    const folder = join(newFolder(), 'new', 'folder');
    const service = await start({ DATA_DIR: folder });
    expect(existsSync(join(folder, 'log.db'))).toBe(true);
    await service.close();
  });

  it('refuses wrong values, each in a line', async () => {
    const problems = await refusal({ PORT: 'abc', WAIT_MIN_SECONDS: '-1', TOPICS: 'a b' });
    expect(problems.split('\n').map((line) => line.split(':')[0])).toEqual(['PORT', 'WAIT_MIN_SECONDS', 'TOPICS']);
  });

  it('refuses bounds of the wait that do not fit together', async () => {
    expect(await refusal({ WAIT_MIN_SECONDS: '11' })).toContain('11 is above 10');
  });

  it('leaves the messages as they are when it is to start anew, but its port is in use', async () => {
    const folder = newFolder();
    const log = new EmbeddedLog(join(folder, 'log.db'));
    await log.topic('hello-world').ensure({ partitions: 1, replication: 1, retentionMs: -1 });
    await log.topic('hello-world').append({ key: 'test', value: null });
    await log.close();
    const port = await takenPort();
    for (const setting of ['PORT', 'METRICS_PORT'])
      expect(await refusal({ DATA_DIR: folder, [setting]: port }, ['--fresh'])).toContain(`Port ${port} on 127.0.0.1`);
    const after = new EmbeddedLog(join(folder, 'log.db'));
    expect(await after.topic('hello-world').listOffsets()).toEqual([{ partition: 0, low: 0, high: 1 }]);
    await after.close();
  });

  it('says what to do about a folder where nothing can be kept', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    // Where the system lets nobody make a folder, Node's own way of making several tries for ever.
    expect(await refusal({ DATA_DIR: '/proc/nothing/here' })).toBe(
      '/proc/nothing/here/log.db cannot be opened: the folder /proc/nothing cannot be made (nobody can make one there). Choose another folder with DATA_DIR.',
    );
    for (const folder of [file, join(file, 'below'), join(file, 'far', 'below')])
      expect(await refusal({ DATA_DIR: folder })).toBe(
        `${join(folder, 'log.db')} cannot be opened: ${file} is not a folder. Choose another folder with DATA_DIR.`,
      );
  });

  it('says what to do about a folder in place of the log, also when it is to start anew', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'log.db'));
    for (const args of [[], ['--fresh']])
      expect(await refusal({ DATA_DIR: folder }, args)).toBe(
        `${join(folder, 'log.db')} cannot be opened: it is a folder. Choose another folder with DATA_DIR.`,
      );
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)('says what to do about a folder that may not be written', async () => {
    const folder = newFolder();
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    for (const below of ['', 'sub'])
      expect(await refusal({ DATA_DIR: join(folder, below) })).toMatch(
        /^\/\S+\/log\.db cannot be opened: .*permission denied.*\. Choose another folder with DATA_DIR\.$/,
      );
  });

  it('says what to do about a log that another process has open, also when it is to start anew', async () => {
    const folder = newFolder();
    const service = await start({ DATA_DIR: folder });
    onTestFinished(() => service.close());
    const expected =
      `${join(folder, 'log.db')} is in use by another process. ` +
      'Stop that one, or choose another folder with DATA_DIR and port with PORT.';
    expect(await refusal({ DATA_DIR: folder })).toBe(expected);
    expect(await refusal({ DATA_DIR: folder }, ['--fresh'])).toBe(expected);
    expect(existsSync(join(folder, 'log.db'))).toBe(true);
  });

  it('says what to do about a damaged log, and heals it when it is told to start anew', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'log.db'), 'not a database, but long enough to be taken for the header of one');
    expect(await refusal({ DATA_DIR: folder })).toBe(
      `${join(folder, 'log.db')} is damaged or is not a log of this application. ` +
        'Start anew with npm start -- --fresh, or choose another folder with DATA_DIR.',
    );
    await (await start({ DATA_DIR: folder }, ['--fresh'])).close();
    await (await start({ DATA_DIR: folder })).close();
  });

  it('leaves the log free when its port is in use', async () => {
    const folder = newFolder();
    const port = await takenPort();
    expect(await refusal({ DATA_DIR: folder, PORT: port })).toContain(`Port ${port} on 127.0.0.1 is in use`);
    await (await start({ DATA_DIR: folder, KAFKA_BROKERS: 'kafka:9092' })).close();
  });
});
