import type { DialectName } from '../load/dialect.ts';
import type { Course } from '../pace.ts';
import type { StartOptions } from './serve.ts';
import type { Usage } from '../usage.ts';

/** A server that sends everyone what it is told to say. */
export interface RunningPeer {
  port: number;
  /** Resolves when the time of all these messages is over. */
  publish(course: Course): Promise<void>;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** Something that fans messages out: ours, or what people would pick instead. */
export interface Peer {
  name: string;
  dialect: DialectName;
  /** Whether it can be given a certificate here. */
  speaksTls: boolean;
  /** What is more than it can do, and would only take time. */
  isTooMuch(clients: number, rate: number): boolean;
  /** Gets what it needs, once. Rejects with a `MissingError` where that can't be had. */
  prepare(): Promise<void>;
  start(options?: StartOptions): Promise<RunningPeer>;
}
