import type { PositionsObject } from '@hello/broadcasts';
import type { About, PageBuild } from './about.ts';
import type { Message } from './message.ts';

/** Messages of a topic, in order, oldest first. */
export interface Batch {
  topic: string;
  messages: Message[];
  /** Cursor of the history before `messages`; null when that is known to be empty. */
  older: string | null;
}

/**
 * What a client gets before anything live: what it missed, in parts if it is much, or else the newest messages. It comes again when a
 * client that is live does not keep up, and, not recovered, when some are gone that it would have got.
 */
export interface CatchUp extends Batch {
  /** Whether `messages` follow on the client's positions without a gap. False for a client without positions. */
  recovered: boolean;
  /** Where the client stands after `messages`. */
  positions: PositionsObject;
}

/** `now` is the server's time, in milliseconds since the Unix epoch. */
export type Welcome = About & PageBuild & { now: number };

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
