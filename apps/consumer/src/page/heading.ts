import { element, setText } from './element.ts';
import type { Entry } from './entry.ts';
import { plural } from './text.ts';
import { roundSpan } from './ticks.ts';

const title = element('feed-title');
const facts = element('facts');

/** What stands over the messages: the topic's name, and how much there is of it. */
export class Heading {
  #topic: string | undefined;
  #messages: number | undefined;
  #partitions: number | undefined;
  #retentionMs: number | undefined;

  /** Takes in what a catch-up says of its topic. A server of another version may say nothing. */
  show({ topic, total, partitions }: { topic: string; total?: number; partitions?: number }): void {
    this.#topic = topic;
    this.#messages = total;
    this.#partitions = partitions;
    this.draw();
  }

  /** Takes in how long messages are kept, in milliseconds. */
  keep(retentionMs: number | undefined): void {
    this.#retentionMs = retentionMs;
    this.draw();
  }

  /** Counts those messages that came live. The server has counted all others. */
  add(entries: Entry[]): void {
    if (this.#messages === undefined) return;
    this.#messages += entries.filter(({ receivedAt }) => receivedAt !== null).length;
  }

  /** Forgets the topic. */
  clear(): void {
    this.show({ topic: '' });
  }

  draw(): void {
    setText(title, this.#topic || 'Messages');
    const known = [
      this.#messages === undefined ? '' : plural(this.#messages, 'message'),
      this.#partitions === undefined ? '' : plural(this.#partitions, 'partition'),
      this.#retentionMs === undefined ? '' : `kept for ${roundSpan(this.#retentionMs)}`,
    ];
    setText(facts, known.filter(Boolean).join(' · '));
  }
}
