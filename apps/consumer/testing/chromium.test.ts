import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findChromium } from './chromium.ts';

describe('findChromium', () => {
  it('takes the one that it is told', () => {
    vi.stubEnv('CHROMIUM_PATH', '/somewhere/chrome');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(findChromium()).toBe('/somewhere/chrome');
  });

  it('finds one on the path that can be run', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    const file = join(folder, 'google-chrome');
    writeFileSync(file, '');
    vi.stubEnv('CHROMIUM_PATH', '');
    vi.stubEnv('PATH', folder);
    expect(findChromium()).not.toBe(file);
    chmodSync(file, 0o755);
    expect(findChromium()).toBe(file);
  });
});
