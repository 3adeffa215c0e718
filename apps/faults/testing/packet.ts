import type { ServerEvents } from '../../consumer/src/live/server-events.ts';

type EventName = keyof ServerEvents;

/** An event of the server, with what it carries. */
export type ServerEvent = { [Name in EventName]: [name: Name, data: Parameters<ServerEvents[Name]>[0]] }[EventName];

/** What the server says, in the words of Engine.IO 4 and Socket.IO 5. */
export type Packet = { type: 'open' | 'ping' | 'other' } | { type: 'event'; event: ServerEvent };

const REMEMBERED = 32;
const remembered = new Map<string, Packet>();

/** Reads a packet. What goes to a thousand clients is the same text each time, so that the last ones are remembered. */
export function readPacket(text: string): Packet {
  const known = remembered.get(text);
  if (known) return known;
  const packet = parsePacket(text);
  remembered.set(text, packet);
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value!);
  return packet;
}

/**
 * Characters of a value that are kept: clients keep all that they show, and some records are as large as their memory.
 */
const KEPT = 10_000;
const shorten = (_: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > KEPT ? `${value.length} characters` : value;

function parsePacket(text: string): Packet {
  if (text.startsWith('42')) return { type: 'event', event: JSON.parse(text.slice(2), shorten) };
  if (text.startsWith('0')) return { type: 'open' };
  return { type: text === '2' ? 'ping' : 'other' };
}

export const PONG = '3';

/** The packet that opens a client's conversation after the server's `open`. */
export const hello = (auth: object): string => `40${JSON.stringify(auth)}`;
