import type { PositionsObject } from '@hello/broadcasts';
import type { About, PageBuild } from '../about.ts';
import type { Message } from '../history/index.ts';

/** Messages of a topic, in order, oldest first. */
export interface Batch {
  topic: string;
  messages: Message[];
  /** Cursor of the history before `messages`; null when that is known to be empty. */
  older: string | null;
  /**
   * Where the client stands after `messages`, for one that watches with a filter: messages that are not for it passed,
   * too.
   */
  positions?: PositionsObject;
}

/**
 * What a client gets before anything live: what it missed, in parts if it is much, or else the newest messages. It
 * comes again when a client that is live does not keep up, and, not recovered, when some are gone that it would have
 * got. Who watches with a filter gets no newest messages, which would have to be looked for: a page of the history from
 * `older` on, with the same filter, has them.
 */
export interface CatchUp extends Batch {
  /** Whether `messages` follow on the client's positions without a gap. False for a client without positions. */
  recovered: boolean;
  /** Where the client stands after `messages`. */
  positions: PositionsObject;
  /** How many messages the topic's history has, but for those that come live after this. */
  total: number;
  /** How many partitions the topic has, as far as it was read. */
  partitions: number;
  /**
   * How many messages of the topic came after the client's positions and are kept, those in `messages` among them;
   * 10,001 if they are more than 10,000. Said when it had positions and did not recover.
   */
  missed?: number;
}

/** `now` is the server's time, in milliseconds since the Unix epoch. */
export interface Welcome extends About, PageBuild {
  now: number;
  /** When the next broadcast of a topic is due, in milliseconds since the Unix epoch, of those of which it is known. */
  due: Record<string, number>;
}

/** What the server sends, by event. */
export interface ServerEvents {
  /** First, and again when what the viewer may see has changed. */
  welcome: (welcome: Welcome) => void;
  'catch-up': (catchUp: CatchUp) => void;
  /** Live messages, in order, right after those that the client has. */
  messages: (batch: Batch) => void;
  /** The topic was created anew: what the client has is of the past. */
  restarted: (restarted: { topic: string }) => void;
}

/** What a client may say after its handshake. */
export interface ClientEvents {
  /** Asks for the server's time, in milliseconds since the Unix epoch. */
  time: (answer: (now: number) => void) => void;
}
