import { describe, expect, it } from 'vitest';
import { MissingError } from '../missing-error.ts';
import { freePort } from '../../../service/testing/free-port.ts';
import { make, Program } from './program.ts';

const SERVER =
  "require('node:http').createServer((_, response) => response.end()).listen(process.argv[1], '127.0.0.1')";

describe('Program', () => {
  it.runIf(process.platform === 'linux')('runs until it is stopped, and Linux says what it takes', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const program = await Program.start(process.execPath, ['--eval', SERVER, String(port)], url);
    const { rssBytes, peakRssBytes } = program.usage();
    expect(rssBytes).toBeGreaterThan(1_000_000);
    expect(peakRssBytes).toBeGreaterThanOrEqual(rssBytes);
    await program.stop();
    await program.stop();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('fails when the program ends, with what it said', async () => {
    const started = Program.start(process.execPath, ['--eval', 'throw new Error("no luck")'], 'http://127.0.0.1:1/');
    await expect(started).rejects.toThrow('no luck');
  });
});

describe('make', () => {
  it('does what it is told', async () => {
    await make(
      process.execPath,
      ['--eval', 'process.exit(process.env.ANSWER === "42" ? 0 : 1)'],
      { ANSWER: '42' },
      10_000,
    );
  });

  it('makes a peer missing whose tool is not there', async () => {
    const made = make('no-such-tool', [], {}, 1_000);
    await expect(made).rejects.toThrow(MissingError);
    await expect(made).rejects.toThrow('no-such-tool is not there');
  });

  it('makes a peer missing that can not be made, and says why', async () => {
    const script = 'console.error("first"); console.error("no network"); process.exitCode = 1';
    await expect(make(process.execPath, ['--eval', script], {}, 10_000)).rejects.toThrow('failed: no network');
  });
});
