import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

describe('the ports of this machine', () => {
  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { output, status } = await sandbox.shell(`PORTS='1 ${port}'; check_ports`);
    expect(output).toContain(`Port ${port} is taken by `);
    expect(output).toContain('end that program');
    expect(status).toBe(1);
  });
});

describe('a page', () => {
  it.each([
    ['http:30001', 'http://localhost:8001'],
    ['https:30003', 'https://localhost:8003'],
    ['-', '-'],
  ])('at %s of the node is %s', async (port, url) => {
    expect((await sandbox.shell(`url_of ${port}`)).output).toBe(`${url}\n`);
  });
});
