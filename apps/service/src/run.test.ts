import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Child } from '../testing/child.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** A process whose service is started by `start`, the body of a function. */
function runService(start: string): Child {
  const code = `
    import { createServer } from 'node:http';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { ConfigError, createLogger, listen, StartError } from './index.ts';
    import { run } from './run.ts';
    const logger = createLogger({ name: 'test', level: 'info' });
    await run(async () => { ${start} });
    logger.info('started');
  `;
  return new Child(['--input-type=module', '--eval', code], { cwd: HERE });
}

const SERVING = `const server = createServer((_, response) => response.end());
await listen(server, '127.0.0.1', 0);`;
const closing = (close: string): string => `${SERVING} return { logger, async close() { ${close} } };`;

describe('run', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('closes the service on %s and then ends well', async (signal) => {
    const child = runService(closing(`await sleep(10); server.close(); logger.info('closed');`));
    await child.says(/started/);
    expect(await child.kill(signal)).toEqual({ code: 0, signal: null });
    expect(child.stdout).toContain('closed');
    expect(child.stderr).toBe('');
  });

  it('ends well on a signal that comes while the service still starts', async () => {
    const child = runService(`logger.info('starting'); await sleep(60_000);`);
    await child.says(/starting/);
    expect(await child.kill('SIGINT')).toEqual({ code: 0, signal: null });
  });

  it('goes on for as long as nobody ends it', async () => {
    const child = runService(`setTimeout(() => logger.info('still here'), 50); ${closing('')}`);
    expect((await child.says(/still here/))[0]).toBe('still here');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('closes the service once and in full when %s follows', async (second) => {
    const child = runService(closing(`logger.info('closing'); await sleep(100); logger.info('closed');`));
    await child.says(/started/);
    void child.kill('SIGINT');
    await child.says(/closing/);
    expect(await child.kill(second)).toEqual({ code: 0, signal: null });
    expect(child.stdout.match(/closing|closed/g)).toEqual(['closing', 'closed']);
  });

  it('closes the service when nobody takes what it says any more, as in a pipe into head', async () => {
    const child = runService(
      closing(`clearInterval(saying); console.error('closed');`).replace(
        'return',
        `const saying = setInterval(() => logger.info('still here'), 10); return`,
      ),
    );
    await child.says(/still here/);
    child.hangUp();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('closed\n');
  });

  it('says what fails while it closes, and closes on', async () => {
    const child = runService(
      closing(`void Promise.reject(new Error('not sent')); await sleep(10); logger.info('closed');`),
    );
    await child.says(/started/);
    expect(await child.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(child.stdout).toMatch(/not sent[^]*closed/);
  });

  it.each([
    ['throws', `setTimeout(() => { throw new Error('a bug'); }, 10);`],
    ['rejects', `setTimeout(() => void Promise.reject(new Error('a bug')), 10);`],
  ])('closes the service, says why, and ends badly when something %s that nobody catches', async (_, bug) => {
    const child = runService(`${bug} ${closing(`logger.info('closed');`)}`);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stdout).toMatch(/a bug[^]*closed/);
  });

  it('says what to do about a package that is missing', async () => {
    const child = runService(`await import('no-such-package');`);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toMatch(/^Cannot find package 'no-such-package' .*\. Run "npm ci", .*\n$/);
  });

  it('closes a service that failed, says why, and ends badly', async () => {
    const child = runService(
      `${SERVING} return { logger, failed: sleep(10).then(() => { throw new Error('the reader is stuck'); }),
       async close() { logger.info('closed'); } };`,
    );
    expect(await child.ended).toEqual({ code: 1, signal: null });
    const [, failure, closed] = child.stdout.split('\n').map((line) => line && JSON.parse(line));
    expect(failure).toMatchObject({ level: 60, msg: 'the reader is stuck', err: { message: 'the reader is stuck' } });
    expect(closed).toMatchObject({ msg: 'closed' });
  });

  it('says why it could not close, and ends badly', async () => {
    const child = runService(closing(`throw new Error('the disk is full');`));
    await child.says(/started/);
    expect(await child.kill('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(child.stdout).toContain('the disk is full');
  });

  it.each(['StartError', 'ConfigError'])('says a %s in plain words, without a stack', async (name) => {
    const child = runService(`throw new ${name}('Port 80 is in use: choose another');`);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toBe('Port 80 is in use: choose another\n');
    expect(child.stdout).toBe('');
  });

  it('shows where an error is from that nobody expected', async () => {
    const child = runService(`throw new TypeError('x is not a function');`);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toMatch(/^TypeError: x is not a function\n\s+at /);
  });
});
