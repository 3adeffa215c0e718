import { type Broadcast, decodeBroadcast, type LogRecord, UnreadableRecordError } from '@hello/broadcasts';

/** Where a message stands: its record's identity, and its record's timestamp in milliseconds since the Unix epoch. */
export interface Place {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
}

/** A record that is not a broadcast, in the same shape, so that it is seen where it stands. */
interface Unreadable extends Record<Exclude<keyof Broadcast, 'text'>, null> {
  text: string;
  /** What is wrong with it. */
  unreadable: string;
}

/** A message as clients get it: a broadcast with its place. */
export type Message = Place & (Broadcast | Unreadable);

/**
 * The message that a record carries.
 *
 * @param onUnreadable is told when the record is not a broadcast.
 */
export function toMessage(
  record: LogRecord,
  onUnreadable: (error: UnreadableRecordError, place: Place) => void,
): Message {
  const { topic, partition, offset, timestamp, value } = record;
  const place = { topic, partition, offset, timestamp };
  try {
    return { ...place, ...decodeBroadcast(value) };
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error;
    onUnreadable(error, place);
    const text = `unreadable record at ${partition}/${offset}`;
    return {
      ...place,
      text,
      environment: null,
      sequence: null,
      sentAt: null,
      nextInMs: null,
      unreadable: error.message,
    };
  }
}
