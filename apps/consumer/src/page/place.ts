import type { Target } from '../http/message-page.ts';
import type { Entry } from './entry.ts';
import type { HistoryPage } from './history-page.ts';
import { absolute } from './time.ts';
import type { View } from './view.ts';

/** What a page of history has of the place that was asked for. */
export interface Place {
  view: View;
  /** The message to show first; none where there is no message at all. */
  entry: Entry | undefined;
  /** Whether that is the one that was asked for. */
  isFound: boolean;
  /** What is to be said of the place; null where there is nothing but the message. */
  words: string | null;
}

/** Finds what was asked for in the page of history around it. Times are milliseconds since the Unix epoch. */
export function placeIn(page: HistoryPage, view: View, now: number): Place {
  if (page.target) return placeOfMessage(page, page.target);
  if (view.kind === 'at' && view.time !== null) return placeOfTime(page, view.time, now);
  return { view, entry: undefined, isFound: false, words: null };
}

/** A message, or what is nearest to it in its partition. */
function placeOfMessage({ entries }: HistoryPage, { partition, offset, state, timestamp }: Target): Place {
  const distance = ({ message }: Entry) => Math.abs(message.offset - offset);
  const own = entries.filter(({ message }) => message.partition === partition);
  const [entry] = own.toSorted((a, b) => distance(a) - distance(b));
  return {
    view: { kind: 'offset', time: timestamp ?? entry?.message.time ?? null },
    entry,
    isFound: state === 'kept' && entry?.message.offset === offset,
    words:
      state === 'kept'
        ? null
        : WORDS[state](`${partition}/${offset}`)
            .slice(0, entry ? 2 : 1)
            .join(' '),
  };
}

/** The last message that there was at a moment, or the first of the history. */
function placeOfTime({ entries, next }: HistoryPage, time: number, now: number): Place {
  const view: View = { kind: 'at', time };
  const found = entries.find(({ message }) => message.timestamp <= time);
  if (found) return { view, entry: found, isFound: true, words: time > now ? TO_COME : null };
  const first = entries.at(-1);
  const isBefore = first !== undefined && next === null;
  const words = isBefore
    ? `The history has nothing of this moment: it begins at ${absolute(first.message.timestamp, now)}.`
    : null;
  return { view, entry: first, isFound: false, words };
}

/** Reads partition/offset; of a topic with one partition the offset is enough. */
export function readPlace(text: string, partitions: number | undefined): { offset?: string; error?: string } {
  if (/^\d+\/\d+$/.test(text)) return { offset: text };
  if (!/^\d+$/.test(text)) return { error: 'Write the partition and the offset as numbers, such as 0/12.' };
  if (partitions === 1) return { offset: `0/${text}` };
  return { error: `Which partition? Write it before the offset, such as 0/${text}.` };
}

const TO_COME = 'This moment is still to come: the newest messages are these.';
/** What is said of a message that is not there, and of what is shown in its place. */
const WORDS: Record<Exclude<Target['state'], 'kept'>, (place: string) => [what: string, shown: string]> = {
  evicted: (place) => [
    `The message ${place} was evicted: the history does not keep it any more.`,
    'Its nearest are these.',
  ],
  absent: (place) => [`There never was a message ${place}.`, 'The nearest to it are these.'],
  ahead: (place) => [`There is no message ${place} yet.`, 'The newest before it are these.'],
};
