import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { seededRandom } from '../../../producer/testing/seeded-random.ts';
import { tick } from '../../testing/clock.ts';
import { record, records } from '../../testing/record.ts';
import { decodeCursor } from './cursor.ts';
import { type Filter, matches } from './filter.ts';
import { History } from './history.ts';
import { INLINE_BYTES, PART_BYTES } from './large-values.ts';
import { AFTER_ALL, BEFORE_ALL, type Span, spanFrom } from './keyset.ts';
import { toMessage } from './message.ts';
import type { HistoryRecord } from './record.ts';
import { HEAD_BYTES } from './record-row.ts';
import { type Found, search } from './search.ts';

const TOPIC = 'hello-world';
const BACKWARD: Span = { before: AFTER_ALL, after: BEFORE_ALL, forward: false };
const FORWARD: Span = { ...BACKWARD, forward: true };
const MUCH = { limit: 1_000, bytes: 1e9 };

function open(maxRows = 1_000_000): History {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  return history;
}

const offsets = ({ records: found }: Pick<Found, 'records'>): number[] => found.map(({ offset }) => offset);

/** The offsets of all that a search finds, and in how many goes. */
function searchAll(history: History, filter: Filter, between = () => {}, first = BACKWARD, bound = MUCH) {
  const found: HistoryRecord[] = [];
  let goes = 0;
  let span: Span | undefined = first;
  while (span) {
    const part: Found = search(history, TOPIC, filter, span, bound);
    found.push(...part.records);
    goes += 1;
    span = part.next === null ? undefined : spanFrom(decodeCursor(TOPIC, part.next), span);
    between();
  }
  return { records: found, goes };
}

// On a machine that is busy, any search may have taken long.
beforeEach(() => tick(0));
afterEach(() => void vi.restoreAllMocks());

it('has nothing more to look at when it ends at what it found last', () => {
  const history = open();
  history.insert(TOPIC, records(0, 9));
  expect(search(history, TOPIC, { contains: 'text 0' }, BACKWARD, { limit: 1, bytes: 1 })).toMatchObject({
    looked: 10,
    last: { timestamp: 0, partition: 0, offset: 0 },
    next: null,
  });
  const half = search(history, TOPIC, { contains: 'text 5' }, BACKWARD, { limit: 1, bytes: 1 });
  expect(half).toMatchObject({ looked: 5, last: { offset: 5 } });
  expect(decodeCursor(TOPIC, half.next!)).toMatchObject({ offset: 5 });
});

it('looks at nothing where nothing is wanted, and says whether there is something', () => {
  const history = open();
  const nothing = { limit: 0, bytes: 1 };
  expect(search(history, TOPIC, { contains: 'a' }, BACKWARD, nothing)).toMatchObject({ looked: 0, next: null });
  history.insert(TOPIC, records(0, 9));
  const { next, looked } = search(history, TOPIC, { contains: 'a' }, BACKWARD, nothing);
  expect([looked, decodeCursor(TOPIC, next!)]).toEqual([0, AFTER_ALL]);
});

it('ends after two milliseconds, or what it then looks at: a record that may match, or some that do not', () => {
  const history = open();
  history.insert(TOPIC, records(0, 9));
  tick(0.5);
  expect(search(history, TOPIC, { contains: 'text' }, BACKWARD, MUCH).looked).toBe(4);
  tick(100);
  expect(searchAll(history, { contains: 'text' })).toMatchObject({ goes: 10, records: { length: 10 } });
  history.insert(TOPIC, records(10, 999));
  tick(0.5);
  expect(search(history, TOPIC, { contains: 'never' }, BACKWARD, MUCH).looked).toBe(4 + 28 + 196 + 200);
});

it('takes one at a time after a long text, which is read whole', () => {
  const history = open();
  history.insert(TOPIC, records(0, 39));
  history.insert(
    TOPIC,
    records(40, 49).map((each) => ({ ...each, value: Buffer.from('long '.repeat(1_000)) })),
  );
  const skim = vi.spyOn(history, 'skim');
  search(history, TOPIC, { contains: 'never' }, BACKWARD, MUCH);
  expect(skim.mock.calls.map(([, , limit]) => limit)).toEqual([4, 1, 1, 1, 1, 1, 1, 1, 7, 49, 200]);
});

it.each([{ contains: 'needle' }, { key: 'needle' }, { contains: 'NEEDLE', key: 'needle' }])(
  'finds what is there once among many that it looks at together: %o',
  (filter) => {
    const history = open();
    const needle = { key: Buffer.from('needle'), value: Buffer.from('a\0Needle') };
    const odd = { key: null, value: null };
    for (const offset of [0, 199, 200, 201, 999])
      for (const direction of [BACKWARD, FORWARD]) {
        history.clear(TOPIC);
        const all = records(0, 999).map((each) => ({ ...each, ...(each.offset % 7 === 3 && odd) }));
        history.insert(TOPIC, all.with(offset, { ...all[offset]!, ...needle }));
        const { records: found, goes } = searchAll(history, filter, () => {}, direction);
        expect(offsets({ records: found })).toEqual([offset]);
        expect(goes).toBe(1);
      }
  },
);

it('does not pass over a match because of a long text, one that is no text, or an escaped one beside it', () => {
  const history = open();
  const values = [
    'x'.repeat(2_000),
    Buffer.from([0xff]),
    '{"a":"\\u006eeedle"}',
    `${'x'.repeat(1_100)}needle`,
    'needle',
  ];
  history.insert(
    TOPIC,
    records(0, 4).map((each, index) => ({ ...each, value: Buffer.from(values[index]!) })),
  );
  expect(offsets(searchAll(history, { contains: 'needle' }))).toEqual([4, 3]);
});

it('ends when what is shown of it is much', () => {
  const history = open();
  history.insert(
    TOPIC,
    [0, 1, 2, 3].map((offset) => record(offset, { text: 'a'.repeat(1_000) })),
  );
  const { records: found, goes } = searchAll(history, { contains: 'aa' }, undefined, BACKWARD, {
    limit: 10,
    bytes: 2_000,
  });
  expect([offsets({ records: found }), goes]).toEqual([[3, 2, 1, 0], 2]);
});

it.each([
  ['at its beginning', 'needle'],
  ['as far as it is shown', 'pin'],
  ['no further', 'lost'],
  ['with the last letter that is shown being the last', 'ας'],
])('looks at a long text %s', (_, contains) => {
  const history = open();
  const shown = `needle${'x'.repeat(64 * 1024 - 11)}pinΑΣ`;
  history.insert(TOPIC, [record(0), record(1, { text: `${shown}Α lost` })]);
  const isThere = contains !== 'lost';
  expect(matches({ contains }, toMessage(history.at(TOPIC, 0, 1)!))).toBe(isThere);
  expect(offsets(searchAll(history, { contains }))).toEqual(isThere ? [1] : []);
});

it('looks at the beginning of a value that is kept in parts', () => {
  const history = open();
  const value = Buffer.alloc(INLINE_BYTES + 1, 'x');
  value.write('needle', HEAD_BYTES - 6);
  value.write('lost', HEAD_BYTES);
  const large = { ...record(0), value };
  for (let part = 0; part * PART_BYTES < value.length; part += 1)
    history.addPart(TOPIC, large, part, value.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
  history.insert(TOPIC, [large]);
  expect(offsets(searchAll(history, { contains: 'NEEDLE' }))).toEqual([0]);
  expect(offsets(searchAll(history, { contains: 'lost' }))).toEqual([]);
});

it('finds a key that is as long as a filter may have, and none that is longer', () => {
  const history = open();
  const longest = '𝄞'.repeat(100);
  history.insert(TOPIC, [
    { ...record(0), key: Buffer.from(longest) },
    { ...record(1), key: Buffer.from(longest.repeat(100)) },
    { ...record(2), key: null },
  ]);
  expect(offsets(searchAll(history, { key: longest }))).toEqual([0]);
});

it.each([
  ['back', BACKWARD],
  ['forward', FORWARD],
])('finds each match once, going %s, while records come and go', (_, first) => {
  const random = seededRandom(8);
  const history = open(600);
  const next = [0, 0, 0];
  const append = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const partition = Math.floor(random() * 3);
      const offset = next[partition]!++;
      const timestamp = Math.floor(next.reduce((sum, each) => sum + each, 0) / 7);
      const text = random() < 0.1 ? 'a needle' : 'some hay';
      history.insert(TOPIC, [record(offset, { partition, timestamp, text })]);
    }
    while (history.trim());
  };
  append(600);
  const wanted = (): string[] =>
    history
      .page(TOPIC, { limit: 1_000, bytes: 1e9 })
      .records.filter((each) => matches({ contains: 'needle' }, toMessage(each)))
      .map(({ partition, offset }) => `${partition}/${offset}`);
  const before = wanted();
  let rounds = 0;
  const between = () => {
    rounds += 1;
    if (rounds < 20) append(5);
  };
  const { records: all } = searchAll(history, { contains: 'needle' }, between, first, { limit: 2, bytes: 1e9 });
  const found = all.map(({ partition, offset }) => `${partition}/${offset}`);
  expect(new Set(found).size).toBe(found.length);
  const kept = wanted();
  // Going back, it meets nothing that came meanwhile.
  const due = first.forward ? kept : kept.filter((each) => before.includes(each));
  expect(due.length).toBeGreaterThan(30);
  expect(due.filter((each) => !found.includes(each))).toEqual([]);
  expect(found.filter((each) => !before.includes(each) && !kept.includes(each))).toEqual([]);
});
