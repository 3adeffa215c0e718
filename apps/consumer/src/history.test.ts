import { Positions } from '@hello/broadcasts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../producer/testing/seeded-random.ts';
import { message, messages } from '../testing/message.ts';
import { decodeCursor } from './cursor.ts';
import { History, type Page } from './history.ts';
import { compareKeysets, type Keyset } from './keyset.ts';
import type { Message } from './message.ts';

const TOPIC = 'hello-world';

function open(options: Partial<ConstructorParameters<typeof History>[0]> = {}): History {
  const history = new History({ topics: [TOPIC, 'other'], maxAgeMs: 1_000_000, maxRows: 100_000, ...options });
  onTestFinished(() => history.close());
  return history;
}

const offsets = ({ messages: texts }: Pick<Page, 'messages'>): number[] =>
  texts.map((text) => (JSON.parse(text) as Message).offset);
const positions = (next: number, timestamp = next - 1): Positions => Positions.from({ 0: { next, timestamp } });
describe('inserting', () => {
  it('answers with the messages that were not there before', () => {
    const history = open();
    expect(history.insert(TOPIC, messages(0, 3))).toHaveLength(4);
    expect(history.insert(TOPIC, messages(2, 5)).map(({ offset }) => offset)).toEqual([4, 5]);
    expect(history.count(TOPIC)).toBe(6);
  });

  it('keeps topics apart', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 3));
    expect(history.insert('other', [message(0, { topic: 'other' })])).toHaveLength(1);
    expect([TOPIC, 'other'].map((topic) => history.count(topic))).toEqual([4, 1]);
  });

  it('moves the positions on', () => {
    const history = open();
    history.insert(TOPIC, [message(4), message(7, { partition: 1, timestamp: 99 })]);
    expect(history.positions(TOPIC).toJSON()).toEqual({ 0: { next: 5, timestamp: 4 }, 1: { next: 8, timestamp: 99 } });
  });

  it('keeps nothing of messages that cannot all be kept', () => {
    const history = open();
    const wrong = { ...message(1), timestamp: {} as unknown as number };
    expect(() => history.insert(TOPIC, [message(0), wrong])).toThrow(/./);
    expect(history.page(TOPIC, { limit: 10 }).messages).toEqual([]);
    expect(history.insert(TOPIC, [message(0)])).toHaveLength(1);
  });

  it('refuses a topic that it was not made for', () => {
    expect(() => open().insert('nope', [])).toThrow('nope');
  });
});

describe('a page', () => {
  it('has the newest messages first, and the cursor of the page after it', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 9));
    const first = history.page(TOPIC, { limit: 4 });
    expect(offsets(first)).toEqual([9, 8, 7, 6]);
    const second = history.page(TOPIC, { limit: 6, before: decodeCursor(TOPIC, first.next!) });
    expect(offsets(second)).toEqual([5, 4, 3, 2, 1, 0]);
    expect(second.next).toBeNull();
  });

  it('of an empty topic is empty', () => {
    expect(open().page(TOPIC, { limit: 4 })).toEqual({ messages: [], next: null });
  });

  it.each(['backward', 'forward'] as const)('after page gives every message once, %s, at any size', (direction) => {
    const random = seededRandom(3);
    const history = open();
    const all: Message[] = [];
    for (let partition = 0; partition < 3; partition += 1) {
      for (let offset = 0; offset < 60; offset += 1) {
        // Few timestamps, so that many messages share one, over partitions too.
        all.push(message(offset, { partition, timestamp: Math.floor(offset / 4) + Math.floor(random() * 2) }));
      }
    }
    history.insert(TOPIC, all);
    const expected = all.toSorted(compareKeysets).map(({ partition, offset }) => `${partition}/${offset}`);
    for (const limit of [1, 7, 59, 60, 179, 180, 181]) {
      const seen: string[] = [];
      let cursor: Keyset | undefined = direction === 'forward' ? { timestamp: -1, partition: 0, offset: 0 } : undefined;
      for (let more = true; more;) {
        const page = history.page(TOPIC, {
          limit,
          ...(direction === 'forward' ? { after: cursor } : { before: cursor }),
        });
        const places = page.messages.map((text) => JSON.parse(text) as Message);
        const inOrder = direction === 'forward' ? places.toReversed() : places;
        seen.push(...inOrder.map(({ partition, offset }) => `${partition}/${offset}`));
        more = page.next !== null;
        if (page.next) cursor = decodeCursor(TOPIC, page.next);
      }
      expect(seen).toEqual(direction === 'forward' ? expected : expected.toReversed());
    }
  });

  it('between two places has the newest of what is between them', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 9));
    const page = history.page(TOPIC, { before: message(8), after: message(2), limit: 3 });
    expect(offsets(page)).toEqual([7, 6, 5]);
    expect(
      offsets(history.page(TOPIC, { before: decodeCursor(TOPIC, page.next!), after: message(2), limit: 3 })),
    ).toEqual([4, 3]);
  });

  it('stays the same when messages come in meanwhile', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 9));
    const { next } = history.page(TOPIC, { limit: 5 });
    history.insert(TOPIC, messages(10, 19));
    expect(offsets(history.page(TOPIC, { limit: 5, before: decodeCursor(TOPIC, next!) }))).toEqual([4, 3, 2, 1, 0]);
  });

  it('costs about the same at any depth', () => {
    const history = open({ topics: [TOPIC] });
    history.insert(TOPIC, messages(0, 49_999));
    const time = (before: Keyset): number => {
      const start = performance.now();
      for (let round = 0; round < 50; round += 1) history.page(TOPIC, { before, limit: 50 });
      return performance.now() - start;
    };
    time(message(49_999));
    // An order of magnitude, since the machine may be busy: with OFFSET the deep one takes hundreds of times as long.
    expect(time(message(100))).toBeLessThan(10 * time(message(49_999)) + 5);
  });
});

describe('evicting', () => {
  it('takes the oldest above the number of rows', () => {
    const history = open({ maxRows: 5 });
    history.insert(TOPIC, messages(0, 3));
    history.insert(TOPIC, messages(4, 8));
    expect(history.count(TOPIC)).toBe(5);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([8, 7, 6, 5, 4]);
  });

  it('takes what is too old, of every topic', () => {
    const history = open({ maxAgeMs: 10 });
    history.insert(TOPIC, messages(0, 20));
    history.insert('other', [message(3, { topic: 'other' })]);
    history.evict(25);
    expect(offsets(history.page(TOPIC, { limit: 10 }))).toEqual([20, 19, 18, 17, 16, 15]);
    expect([TOPIC, 'other'].map((topic) => history.count(topic))).toEqual([6, 0]);
  });

  it('takes no more than 10,000 at once of what is too old, so that nobody waits long', () => {
    const history = open({ maxAgeMs: 10 });
    history.insert(TOPIC, messages(0, 14_999));
    history.evict(1_000_000);
    expect(history.count(TOPIC)).toBe(5_000);
    history.evict(1_000_000);
    expect(history.count(TOPIC)).toBe(0);
  });

  it('forgets a topic that was created anew', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 5));
    history.clear(TOPIC);
    expect(history.count(TOPIC)).toBe(0);
    expect(history.positions(TOPIC).empty).toBe(true);
    expect(history.insert(TOPIC, messages(0, 1))).toHaveLength(2);
  });
});

describe('what a client missed', () => {
  it('is everything after its positions, in order', () => {
    const history = open();
    history.insert(TOPIC, [...messages(0, 5), message(0, { partition: 1 }), message(1, { partition: 1 })]);
    const missed = history.since(
      TOPIC,
      Positions.from({ 0: { next: 4, timestamp: 3 }, 1: { next: 1, timestamp: 0 } }),
      10,
    );
    expect(missed).toEqual({ complete: true, messages: [message(4), message(5), message(1, { partition: 1 })] });
  });

  it('has all of a partition that it does not know', () => {
    const history = open();
    history.insert(TOPIC, [message(0), message(0, { partition: 1 })]);
    expect(history.since(TOPIC, positions(1), 10)).toEqual({
      complete: true,
      messages: [message(0, { partition: 1 })],
    });
  });

  it('is nothing when it has everything', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 5));
    expect(history.since(TOPIC, positions(6), 10)).toEqual({ complete: true, messages: [] });
  });

  it('is not given in part when it is more than the limit', () => {
    const history = open();
    history.insert(TOPIC, [
      ...messages(0, 5),
      ...messages(0, 5).map(({ offset }) => message(offset, { partition: 1 })),
    ]);
    expect(history.since(TOPIC, new Positions(), 12).messages).toHaveLength(12);
    expect(history.since(TOPIC, new Positions(), 11)).toEqual({ complete: false, messages: [] });
  });

  it('is not given in part when some of it was evicted', () => {
    const history = open({ maxRows: 3 });
    history.insert(TOPIC, messages(0, 5));
    expect(history.since(TOPIC, positions(3), 10).complete).toBe(true);
    expect(history.since(TOPIC, positions(2), 10)).toEqual({ complete: false, messages: [] });
  });
});

describe('positions', () => {
  it('are ahead when they passed what this history has not seen', () => {
    const history = open();
    expect(history.isBehind(TOPIC, positions(1))).toBe(true);
    history.insert(TOPIC, messages(0, 5));
    expect(history.isBehind(TOPIC, positions(6))).toBe(false);
    expect(history.isBehind(TOPIC, positions(7))).toBe(true);
  });

  it('are of another topic when their last record has another time', () => {
    const history = open();
    history.insert(TOPIC, messages(0, 5));
    expect(history.isOfAnotherTopic(TOPIC, positions(4))).toBe(false);
    expect(history.isOfAnotherTopic(TOPIC, positions(4, 1_000))).toBe(true);
    expect(history.isOfAnotherTopic(TOPIC, positions(99))).toBe(false);
  });
});

it('can be closed twice', () => {
  const history = open();
  history.close();
  history.close();
  expect(history.topics).toEqual([TOPIC, 'other']);
});
