import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import type { PreloadCalls } from './peers/preload.main.ts';

const PRELOAD = new URL('peers/preload.main.ts', import.meta.url).href;
const APPS = new URL('../../', import.meta.url);

/** A service as it is, but for a part before it that says what it takes. */
export function startService(file: string, env: Record<string, string>): Child<PreloadCalls> {
  return new Child(fileURLToPath(new URL(file, APPS)), { execArgv: ['--import', PRELOAD], env });
}
