import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Probe } from './probe.ts';

it('counts every question that waits while a server stands still, and those that are refused', async () => {
  const held: ServerResponse[] = [];
  const enough = Promise.withResolvers<void>();
  const server = createServer((_, response) => {
    held.push(response);
    if (held.length === 4) enough.resolve();
    if (held.length > 4) response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const probe = new Probe(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`);
  await enough.promise;
  const finished = probe.finish();
  for (const [index, response] of held.slice(0, 4).entries()) response.writeHead(index === 0 ? 503 : 200).end();
  const { asked, failed, p50Ms, maxMs } = await finished;
  expect(asked).toBe(held.length);
  expect(failed).toBe(1);
  // The first one waited for the three others, which came every 50 ms.
  expect(maxMs).toBeGreaterThan(100);
  expect(p50Ms).toBeLessThan(maxMs);
});
