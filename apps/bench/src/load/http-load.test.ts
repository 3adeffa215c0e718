import { describe, expect, it } from 'vitest';
import { serve } from '../../../service/testing/serve.ts';
import { HttpConnection, measureHttp } from './http-load.ts';

const portOf = (url: string): number => Number(new URL(url).port);

describe('measureHttp', () => {
  it('asks on every connection, one after the other, for some time', async () => {
    const paths: string[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url!);
      response.end('x'.repeat(100_000));
    });
    let count = 0;
    const measured = await measureHttp({ port: portOf(url), path: () => `/${(count += 1)}`, connections: 3, ms: 100 });
    expect(measured.requests).toBe(paths.length);
    expect(measured.bytes).toBe(100_000);
    expect(measured.perSecond).toBeGreaterThan(0);
    expect(measured.p99Ms).toBeGreaterThanOrEqual(measured.p50Ms);
    expect(measured.maxMs).toBeGreaterThanOrEqual(measured.p99Ms);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('does not take errors for speed', async () => {
    const url = await serve((_, response) => {
      response.statusCode = 500;
      response.end('broken');
    });
    const measured = measureHttp({ port: portOf(url), path: () => '/', connections: 1, ms: 100 });
    await expect(measured).rejects.toThrow('HTTP/1.1 500 Internal Server Error: broken');
  });
});

describe('HttpConnection', () => {
  it('fails when the server hangs up', async () => {
    const url = await serve((request) => request.socket.destroy());
    await expect(new HttpConnection(portOf(url)).get('/')).rejects.toThrow('the server closed the connection');
  });
});
