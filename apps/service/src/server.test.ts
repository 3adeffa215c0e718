import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StartError } from './start-error.ts';
import { listen } from './server.ts';

async function start(host: string, port = 0) {
  const server = createServer((_, response) => response.end('here'));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: await listen(server, host, port) };
}

describe('listen', () => {
  it.each(['127.0.0.1', '0.0.0.0', 'localhost'])('answers on %s at the URL that it gives', async (host) => {
    const { url } = await start(host);
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    expect(await (await fetch(url)).text()).toBe('here');
  });

  it.runIf(process.platform === 'linux')('gives the address where it is another one', async () => {
    expect((await start('127.0.0.2')).url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/);
  });

  it('says what to do about a port that is in use', async () => {
    const { url } = await start('127.0.0.1');
    const port = Number(new URL(url).port);
    await expect(start('127.0.0.1', port)).rejects.toThrow(
      new StartError(`Port ${port} on 127.0.0.1 is in use: stop what uses it, or choose another with PORT`),
    );
  });

  it('says what to do about a host that does not exist', async () => {
    await expect(start('no-such-host.invalid')).rejects.toThrow(
      /^Port 0 on no-such-host\.invalid cannot be (had, because there is no such host: set HOST|used: .*EAI_AGAIN.*)$/,
    );
  });

  it('says what to do about an address that is none of this machine', async () => {
    // An address that is for documentation only (RFC 5737).
    await expect(start('192.0.2.1')).rejects.toThrow(
      new StartError('Port 0 on 192.0.2.1 cannot be had, because this machine has no such address: set HOST'),
    );
  });

  it('says the reason of the system where it has no words of its own', async () => {
    // A link-local address is not complete without its interface.
    await expect(start('fe80::1')).rejects.toThrow(/^Port 0 on fe80::1 cannot be (used: .+|had, .+)$/);
  });
});
