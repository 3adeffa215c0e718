import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tick } from '../../testing/clock.ts';
import { record } from '../../testing/record.ts';
import { matches } from '../history/filter.ts';
import { History } from '../history/history.ts';
import { compareKeysets, type PartitionOffset } from '../history/keyset.ts';
import { messagePage } from './message-page.ts';
import { type Message, toMessage } from '../history/message.ts';
import { readMessageQuery } from './query.ts';
import { WorkQueue } from '../work-queue.ts';

const TOPIC = 'hello-world';

interface Answer {
  messages: Message[];
  next: string | null;
  previous: string | null;
}

/** Records of some partitions, with holes between their offsets, of which many have the same time. */
const logs = fc
  .array(
    fc.record({
      partition: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: 1, max: 3 }),
      timestamp: fc.integer({ min: 0, max: 6 }),
      text: fc.constantFrom('needle', 'hay'),
    }),
    { maxLength: 40 },
  )
  .map((list) => {
    const next = [0, 0, 0];
    return list.map(({ step, ...each }) => record((next[each.partition]! += step), each));
  });
const middles = fc.oneof(
  fc.integer({ min: 0, max: 7 }).map((at) => ({ at: String(at) })),
  fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat(60)).map((place) => ({ offset: place.join('/') })),
);
const filters = fc.constantFrom({}, { contains: 'needle' });
const ranges = fc.constantFrom({}, { from: '2' }, { to: '5' }, { from: '1', to: '4' });

// On a machine that is busy, any search may have taken long.
beforeEach(() => tick(0.3));
afterEach(() => void vi.restoreAllMocks());

const placeOf = ({ partition, offset }: PartitionOffset) => `${partition}/${offset}`;

it('from any time or place, all messages come once and in order, both ways', async () => {
  await fc.assert(
    fc.asyncProperty(
      logs,
      middles,
      filters,
      ranges,
      fc.integer({ min: 1, max: 7 }),
      async (log, middle, filter, range, limit) => {
        const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 1e6, maxBytes: 1e9 });
        history.insert(TOPIC, log);
        const work = new WorkQueue();
        const ask = async (query: Record<string, string>): Promise<Answer> => {
          const asked = readMessageQuery(TOPIC, { ...filter, ...range, limit: String(limit), ...query }, 'json');
          return JSON.parse(
            await messagePage({ history, work, topic: TOPIC, isAllowed: () => true, ...asked }),
          ) as Answer;
        };
        const first = await ask(middle);
        expect(first.messages.length).toBeLessThanOrEqual(limit);
        let all = first.messages;
        for (let { next } = first; next !== null;) {
          const page = await ask({ before: next });
          all = [...all, ...page.messages];
          ({ next } = page);
        }
        for (let { previous } = first; previous !== null;) {
          const page = await ask({ after: previous });
          all = [...page.messages, ...all];
          previous = page.next;
        }
        const { from = '0', to = '99' }: { from?: string; to?: string } = range;
        const expected = log
          .filter(({ timestamp }) => timestamp >= Number(from) && timestamp < Number(to))
          .filter((each) => matches(filter, toMessage(each)))
          .toSorted((a, b) => compareKeysets(b, a));
        expect(all.map(placeOf)).toEqual(expected.map(placeOf));
        history.close();
      },
    ),
    { numRuns: 300 },
  );
});
