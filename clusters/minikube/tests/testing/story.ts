import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Open } from '../../../../apps/consumer/testing/browser.ts';
import type { Clone } from './cluster.ts';
import type { Figure, Figures } from './figures.ts';

export const URLS = { default: 'http://localhost:8001', dev: 'http://localhost:8002', prod: 'https://localhost:8003' };
/** The same at the door. */
export const NAMES = {
  default: 'http://default.localhost:8000',
  dev: 'http://dev.localhost:8000',
  prod: 'https://prod.localhost:8443',
};
export const ALL_MESSAGES = '/api/topics/hello-world/messages';

/** What the parts of the story share: each begins where the one before it ended. */
export interface Story {
  open: Open;
  clone: Clone;
  /** The account that prod begins with, as bootstrap.sh showed it. */
  first: { account: string; password: string };
  /** Has this process trust the authority that the clone knows now. */
  trust: () => void;
  /** A home folder of its own, in whose trust store prod's authority is put. */
  home: string;
  figures: Figures;
}

/** The account that prod begins with, out of what bootstrap.sh printed. */
export const firstAccount = (printed: string): Story['first'] => {
  const [, account = '', password = ''] = /^prod +https:\/\/localhost:8003 +user: (\S+) +password: (\S+)$/m.exec(
    printed,
  )!;
  return { account, password };
};

export const inSeconds = (ms: number): Figure => ({ measured: ms / 1000, unit: 's' });

/** The time since then. */
export const since = (began: number): Figure => inSeconds(performance.now() - began);

/** Does something and notes how long it took. */
export const timed = async <T>({ figures }: Story, what: string, action: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const result = await action();
  figures[what] = since(began);
  return result;
};

/** The environment of a program that is to find another home, and the cluster all the same. */
export const atHome = (home: string): NodeJS.ProcessEnv => ({
  ...process.env,
  HOME: home,
  KUBECONFIG: process.env['KUBECONFIG'] ?? join(process.env['HOME'] ?? tmpdir(), '.kube/config'),
  MINIKUBE_HOME: process.env['MINIKUBE_HOME'] ?? process.env['HOME'],
});
