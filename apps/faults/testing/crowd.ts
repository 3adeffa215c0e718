import { onTestFinished } from 'vitest';
import type { Message } from '../../consumer/src/history/message.ts';
import { Watcher, type WatcherOptions } from './watcher.ts';

interface CrowdOptions extends WatcherOptions {
  size: number;
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

  /**
   * Resolves as soon as the condition held once for each. Rejects after some minutes, saying for how many it did not.
   */
  async until(what: string, condition: (watcher: Watcher) => unknown): Promise<void> {
    let missing = this.watchers.length;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deadline = setTimeout(() => reject(new Error(`${missing} clients did not ${what}`)), DEADLINE_MS);
    const listeners = this.watchers.map((watcher) => {
      const check = (): void => {
        if (!condition(watcher)) return;
        watcher.off('change', check);
        missing -= 1;
        if (missing === 0) resolve();
      };
      watcher.on('change', check);
      check();
      return { watcher, check };
    });
    try {
      await promise;
    } finally {
      clearTimeout(deadline);
      for (const { watcher, check } of listeners) watcher.off('change', check);
    }
  }

  /** Resolves as soon as the condition holds, which is looked at whenever something happens to one of them. */
  async some(condition: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (condition()) resolve();
    };
    for (const watcher of this.watchers) watcher.on('change', check);
    check();
    await promise;
    for (const watcher of this.watchers) watcher.off('change', check);
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
