import { describe, expect, it } from 'vitest';
import { ownUsage, parseUsage } from './usage.ts';

describe('parseUsage', () => {
  it('adds up what Linux says of each thread', () => {
    const status = 'Name:\ta\nVmHWM:\t    3000 kB\nVmRSS:\t    2000 kB\n';
    expect(parseUsage(['1500000000 7 3\n', '500000000 1 1\n'], status)).toEqual({
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
