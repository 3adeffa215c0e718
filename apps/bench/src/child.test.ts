import { describe, expect, it } from 'vitest';
import { Child } from './child.ts';
import type { LoadCalls } from './load/load.main.ts';

describe('Child', () => {
  it('hands on what goes wrong in a call, and goes on', async () => {
    const child = new Child<LoadCalls>('load/load.main.ts');
    const nobody = { port: 1, dialect: 'ws', clients: 1 } as const;
    await expect(child.call('connect', nobody)).rejects.toThrow('ECONNREFUSED');
    expect((await child.call('usage')).cpuMs).toBeGreaterThan(0);
    await child.stop();
    // Once more changes nothing.
    await child.stop();
  });

  it('says what a process complained of that ended', async () => {
    const child = new Child<LoadCalls>('no-such.main.ts');
    await expect(child.call('usage')).rejects.toThrow(/no-such\.main\.ts ended: .*Cannot find module/s);
  });

  it('lets a process end by itself', async () => {
    const child = new Child<LoadCalls>('load/load.main.ts');
    await child.call('usage');
    await child.stop('SIGTERM');
    await expect(child.call('usage')).rejects.toThrow('Channel closed');
  });
});
