import { describe, expect, it, vi } from 'vitest';
import { ConfigError } from './config.ts';
import { serviceSettings } from './settings.ts';
import { type OnClose, startService } from './start-service.ts';

const never = new Promise<void>(() => {});

const start = (parts: (onClose: OnClose) => void | Promise<void>, env: Record<string, string> = {}) =>
  startService({
    name: 'test',
    settings: serviceSettings(1),
    env: { LOG_LEVEL: 'silent', ...env },
    check: ({ PORT: port }) => (port === 13 ? [['PORT', 'must not be 13']] : []),
    async start(_, __, onClose) {
      await parts(onClose);
      return {};
    },
  });

async function secondsOf(work: Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work.catch(() => {});
  return (performance.now() - before) / 1000;
}

describe('startService', () => {
  it('gives the parts what they share, and what the variables say', async () => {
    const parts = vi.fn<() => Promise<object>>(async () => ({}));
    await startService({
      name: 'test',
      settings: serviceSettings(1),
      env: { PORT: '2', LOG_LEVEL: 'silent' },
      check: () => [],
      start: parts,
    });
    const context = { name: 'test', logger: expect.anything(), registry: expect.anything() };
    expect(parts).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ PORT: 2, HOST: '127.0.0.1' }),
      context,
      expect.any(Function),
    );
  });

  it.each(['12.5', '13'])('starts nothing with a wrong variable: %s', async (PORT) => {
    const parts = vi.fn<() => void>();
    await expect(start(parts, { PORT })).rejects.toThrow(ConfigError);
    expect(parts).not.toHaveBeenCalled();
  });

  it('ends the parts one after the other, the latest first, and each once', async () => {
    const ended: string[] = [];
    const service = await start((onClose) => {
      for (const name of ['log', 'producer', 'server'])
        onClose(name, async () => {
          ended.push(`${name} ends`);
          await Promise.resolve();
          ended.push(`${name} ended`);
        });
    });
    await Promise.all([service.close(), service.close()]);
    const order = ['server ends', 'server ended', 'producer ends', 'producer ended', 'log ends', 'log ended'];
    expect(ended).toEqual(order);
  });

  it('waits 1.2 s for a part that does not end, and says which one that is', async () => {
    const service = await start((onClose) => {
      onClose('log', () => never);
      onClose('server', () => {});
    });
    const warn = vi.spyOn(service.logger, 'warn');
    const seconds = await secondsOf(service.close());
    expect(seconds).toBeGreaterThan(1.1);
    expect(seconds).toBeLessThan(1.6);
    expect(warn.mock.calls).toEqual([[{ part: 'log' }, 'did not end in time and is left as it is']]);
  });

  it('says nothing of parts that end', async () => {
    const service = await start((onClose) => onClose('server', () => {}));
    const warn = vi.spyOn(service.logger, 'warn');
    await service.close();
    expect(warn).not.toHaveBeenCalled();
  });

  it('ends the other parts when one fails to, and tells of the failure', async () => {
    const close = vi.fn<() => void>();
    const service = await start((onClose) => {
      onClose('log', close);
      onClose('server', () => Promise.reject(new Error('the disk is full')));
    });
    await expect(service.close()).rejects.toThrow('the disk is full');
    expect(close).toHaveBeenCalledOnce();
  });

  it('ends what was started when the start fails', async () => {
    const close = vi.fn<() => void>();
    const failing = start(async (onClose) => {
      onClose('log', close);
      throw new Error('the port is in use');
    });
    await expect(failing).rejects.toThrow('the port is in use');
    expect(close).toHaveBeenCalledOnce();
  });

  it('says at once why the start fails, whatever hangs', async () => {
    const failing = start((onClose) => {
      onClose('log', () => never);
      throw new Error('the port is in use');
    });
    expect(await secondsOf(failing)).toBeLessThan(0.5);
    await expect(failing).rejects.toThrow('the port is in use');
  });
});
