import { Positions, topicName } from '@hello/broadcasts';
import { z } from 'zod';
import { type Filter, filterShape } from '../history/index.ts';

/** What a client asks for. */
export interface Handshake {
  topic: string;
  /** How far it got before, to resume there. */
  positions: Positions | undefined;
  /** What it wants to see of the topic. */
  filter: Filter;
}

/** A handshake that cannot be answered; the message is for whoever wrote the client. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  /** Socket.IO sends it along to the client. */
  readonly data: { status: number };

  constructor(status: number, message: string) {
    super(message);
    this.data = { status };
  }
}

const PositionSchema = z.strictObject({ next: z.int().positive(), timestamp: z.int().nonnegative() });

const HandshakeSchema = z.object({
  topic: topicName.optional(),
  positions: z.record(z.string().regex(/^\d{1,9}$/), PositionSchema).optional(),
  ...filterShape,
});

/**
 * Reads what a client sent as `auth`. Without a topic it gets the first one of those that it may see.
 *
 * @throws {HandshakeError} that says what is wrong.
 */
export function readHandshake(auth: unknown, topics: string[]): Handshake {
  const result = HandshakeSchema.safeParse(auth);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new HandshakeError(400, `auth.${issue!.path.join('.')}: ${issue!.message}`);
  }
  if (topics.length === 0) throw new HandshakeError(403, 'there is no topic yet that this account may see');
  const { topic = topics[0]!, positions, ...filter } = result.data;
  if (!topics.includes(topic))
    throw new HandshakeError(404, `there is no topic ${topic} here; there is ${topics.join(', ')}`);
  return { topic, positions: positions && Positions.from(positions), filter };
}
