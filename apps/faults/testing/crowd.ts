import { onTestFinished } from 'vitest';
import type { Message } from '../../consumer/src/message.ts';
import { Watcher } from './watcher.ts';

interface CrowdOptions {
  size: number;
  url: () => string;
  topic: string;
  delayMs?: () => number;
}

const DEADLINE_MS = 150_000;

/** Some clients that watch one topic. They go with the test. */
export class Crowd {
  readonly watchers: Watcher[];

  constructor({ size, ...options }: CrowdOptions) {
    this.watchers = Array.from({ length: size }, () => new Watcher(options));
    onTestFinished(() => this.leave());
  }

  leave(): void {
    for (const watcher of this.watchers) watcher.leave();
  }

  /** Resolves as soon as the condition held once for each. Rejects after some minutes, saying for how many it did not. */
  async until(what: string, condition: (watcher: Watcher) => unknown): Promise<void> {
    const missing = new Set(this.watchers);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = (watcher: Watcher): void => {
      if (!condition(watcher)) return;
      watcher.onChange = undefined;
      missing.delete(watcher);
      if (missing.size === 0) resolve();
    };
    const deadline = setTimeout(() => reject(new Error(`${missing.size} clients did not ${what}`)), DEADLINE_MS);
    for (const watcher of this.watchers) {
      watcher.onChange = () => check(watcher);
      check(watcher);
    }
    try {
      await promise;
    } finally {
      clearTimeout(deadline);
      for (const watcher of missing) watcher.onChange = undefined;
    }
  }

  /** Resolves as soon as the condition holds, which is looked at whenever something happens to one of them. */
  async some(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const watcher of this.watchers) watcher.onChange = () => condition() && resolve();
    await promise;
  }

  /** Resolves when each shows something that was said after a time in every environment. */
  seesWhatWasSaidAfter(time: number, environments: string[]): Promise<void> {
    return this.until('see what was said last', ({ shown }) =>
      environments.every((each) => (shown.findLast(({ environment }) => environment === each)?.sentAt ?? 0) > time),
    );
  }

  /** Resolves when each has shown a message. */
  sees({ partition, offset }: Pick<Message, 'partition' | 'offset'>): Promise<void> {
    return this.until(`see ${partition}/${offset}`, ({ shown }) =>
      shown.findLast((message) => message.partition === partition && message.offset >= offset),
    );
  }
}
