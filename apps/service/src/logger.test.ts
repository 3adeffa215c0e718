import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function createStream(isTTY: boolean) {
  let written = '';
  const stream = { write: (line: string) => void (written += line) };
  return { destination: { stream, isTTY }, lines: () => written.split('\n').slice(0, -1) };
}

const secrets = [
  { cookie: 'hunter2' },
  { 'set-cookie': ['hunter2'] },
  { authorization: 'Basic hunter2' },
  { Authorization: 'Basic hunter2' },
  { account: 'alice', password: 'hunter2' },
  { headers: { cookie: 'hunter2', 'Set-Cookie': 'hunter2' } },
  { request: { headers: { Cookie: 'hunter2' } } },
  { err: Object.assign(new Error('it failed'), { config: { sasl: { password: 'hunter2' } } }) },
  { users: [{ name: 'alice', password: 'hunter2' }] },
];

describe('createLogger', () => {
  it('writes one JSON object a line where no person reads', () => {
    const { destination, lines } = createStream(false);
    const logger = createLogger({ name: 'producer', level: 'info' }, destination);
    logger.info({ sequence: 1 }, 'Hello world');
    logger.error({ err: new Error('two\nlines') }, 'it failed');
    expect(lines().map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 30, name: 'producer', sequence: 1, msg: 'Hello world' }),
      expect.objectContaining({ level: 50, err: expect.objectContaining({ message: 'two\nlines' }) }),
    ]);
  });

  it('writes a readable line with the time on a terminal', () => {
    const { destination, lines } = createStream(true);
    createLogger({ name: 'producer', level: 'info' }, destination).info({ sequence: 1, port: 8001 }, 'Hello world');
    expect(lines()).toHaveLength(1);
    // eslint-disable-next-line no-control-regex -- colours
    const plain = lines()[0]!.replaceAll(/\u001b\[\d+m/g, '');
    expect(plain).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: Hello world \{"port":8001\}$/);
  });

  it.each([true, false])('leaves out what is below its level (on a terminal: %s)', (isTTY) => {
    const { destination, lines } = createStream(isTTY);
    const logger = createLogger({ name: 'producer', level: 'warn' }, destination);
    logger.info('not this');
    logger.warn('but this');
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toContain('but this');
  });

  it.each([true, false])('shows no secret that comes along by mistake (on a terminal: %s)', (isTTY) => {
    const { destination, lines } = createStream(isTTY);
    const logger = createLogger({ name: 'consumer', level: 'info' }, destination);
    for (const fields of secrets) logger.info(fields, 'a request came');
    const written = lines().filter((line) => line.includes('a request came'));
    expect(written).toHaveLength(secrets.length);
    expect(lines().join('\n')).not.toContain('hunter2');
    expect(lines().join('\n')).toContain('(secret)');
  });

  it('shows no secret of a child’s own fields either', () => {
    const { destination, lines } = createStream(false);
    const logger = createLogger({ name: 'consumer', level: 'info' }, destination).child({ password: 'hunter2' });
    logger.info('a request came');
    expect(lines()).toEqual([expect.stringContaining('"password":"(secret)"')]);
  });

  it.each([true, false])('says the sentence where what belongs to it cannot be shown (on a terminal: %s)', (isTTY) => {
    const { destination, lines } = createStream(isTTY);
    const logger = createLogger({ name: 'consumer', level: 'info' }, destination);
    logger.error({ err: Object.assign(new Error('no HTTP'), { rawPacket: Buffer.from('hunter2') }) }, 'it failed');
    expect(lines()).toEqual([expect.stringMatching(/it failed.*no HTTP|no HTTP.*it failed/)]);
  });

  it('leaves what it is given as it was', () => {
    const { destination } = createStream(false);
    const headers = { cookie: 'session' };
    createLogger({ name: 'consumer', level: 'info' }, destination).info({ headers });
    expect(headers).toEqual({ cookie: 'session' });
  });
});
