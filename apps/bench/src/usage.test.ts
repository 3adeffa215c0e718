import { describe, expect, it } from 'vitest';
import { ownUsage, parseUsage } from './usage.ts';

describe('parseUsage', () => {
  it("reads Linux's files, also of a program with a strange name", () => {
    const stat = '4242 (a (b) c) S 1 4242 4242 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 7 0 100 1 1';
    const status = 'Name:\ta\nVmHWM:\t    3000 kB\nVmRSS:\t    2000 kB\n';
    expect(parseUsage(stat, status, 100)).toEqual({
      cpuMs: 2_000,
      rssBytes: 2_000 * 1024,
      peakRssBytes: 3_000 * 1024,
    });
  });
});

describe('ownUsage', () => {
  it('grows with work', () => {
    const before = ownUsage();
    for (const start = performance.now(); performance.now() - start < 20;);
    const after = ownUsage();
    expect(after.cpuMs).toBeGreaterThan(before.cpuMs);
    expect(after.peakRssBytes).toBeGreaterThan(1024 * 1024);
  });
});
