import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Child } from './testing/child.ts';

const FILE = fileURLToPath(new URL('require-node.cjs', import.meta.url));

/** A process that says it is of another version of Node, and then is let through or not. */
function runAs(version: string): Child {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
  return new Child(['--eval', `${pretend} require(${JSON.stringify(FILE)}); console.log('let through');`]);
}

describe('require-node.cjs', () => {
  it.each(['0.12.18', '20.20.2', '25.9.0'])('refuses Node %s in one line that says what to do', async (version) => {
    const child = runAs(version);
    expect(await child.ended).toEqual({ code: 1, signal: null });
    expect(child.stderr).toMatch(/^Node [\d.]+ is too old, 26 or newer is needed\. Run "npm ci".*\n$/);
    expect(child.stderr).toContain(version);
    expect(child.stdout).toBe('');
  });

  it.each(['26.0.0', '26.10.0', '100.0.0'])('lets Node %s through', async (version) => {
    const child = runAs(version);
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe('let through\n');
  });

  it('lets the Node of this project through', () => {
    expect(() => createRequire(import.meta.url)(FILE)).not.toThrow();
  });

  const old = '/usr/bin/node';
  const isOld = existsSync(old) && parseInt(execFileSync(old, ['--version']).toString().slice(1), 10) < 26;
  it.runIf(isOld)('is understood by the old Node of this machine, before that sees TypeScript', () => {
    const args = ['--require', FILE, fileURLToPath(new URL('../standalone/src/main.ts', import.meta.url))];
    expect(() => execFileSync(old, args, { stdio: 'pipe' })).toThrow(/is too old/);
  });
});
