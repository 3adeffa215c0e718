import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tick } from '../../testing/clock.ts';
import { record, records } from '../../testing/record.ts';
import { History } from '../history/history.ts';
import { messagePage } from './message-page.ts';
import type { Message } from '../history/message.ts';
import { readMessageQuery } from './query.ts';
import type { HistoryRecord } from '../history/record.ts';
import { WorkQueue } from '../work-queue.ts';

const TOPIC = 'hello-world';

interface Answer {
  messages: Message[];
  next: string | null;
  previous?: string | null;
  searched?: { messages: number; to: number | null };
  target?: object;
}

function open(all: HistoryRecord[] = [], maxRows = 1_000_000) {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  history.insert(TOPIC, all);
  while (history.trim());
  const work = new WorkQueue();
  const ask = async (query: Record<string, string>, isAllowed = () => true): Promise<Answer> => {
    const asked = readMessageQuery(TOPIC, query, 'json');
    return JSON.parse(await messagePage({ history, work, topic: TOPIC, isAllowed, ...asked })) as Answer;
  };
  return { history, work, ask };
}

const offsets = ({ messages }: Answer) => messages.map(({ offset }) => offset);

// On a machine that is busy, any search may have taken long.
beforeEach(() => tick(0));
afterEach(() => void vi.restoreAllMocks());

describe('a page with a filter', () => {
  /** 100 records, of which every tenth is told apart. */
  const mixed = records(0, 99).map((each) =>
    each.offset % 10 === 0 ? record(each.offset, { text: `Needle ${each.offset}` }) : each,
  );

  it('has what matches, newest first, and says how far it has looked', async () => {
    const { ask } = open(mixed);
    const page = await ask({ contains: 'needle', limit: '3' });
    expect(offsets(page)).toEqual([90, 80, 70]);
    expect(page.searched).toEqual({ messages: 30, to: 70 });
    const rest = await ask({ contains: 'needle', before: page.next! });
    expect(offsets(rest)).toEqual([60, 50, 40, 30, 20, 10, 0]);
    expect(rest).toMatchObject({ next: null, searched: { messages: 70, to: 0 } });
    expect(Object.keys(rest)).toEqual(['messages', 'next', 'searched']);
  });

  it('goes forward from a cursor, and is newest first', async () => {
    const { ask } = open(mixed);
    const { next } = await ask({ limit: '95' });
    const page = await ask({ contains: 'needle', after: next!, limit: '2' });
    expect(offsets(page)).toEqual([20, 10]);
    expect(page.searched).toEqual({ messages: 15, to: 20 });
    expect(offsets(await ask({ contains: 'needle', after: page.next! }))).toEqual([90, 80, 70, 60, 50, 40, 30]);
  });

  it('looks only at the times that are asked for', async () => {
    const { ask } = open(mixed);
    expect(await ask({ contains: 'needle', from: '40', to: '60' })).toMatchObject({
      messages: [{ offset: 50 }, { offset: 40 }],
      next: null,
      searched: { messages: 20, to: 40 },
    });
  });

  it('that finds nothing says so when it has looked at everything', async () => {
    expect(await open(mixed).ask({ contains: 'nowhere' })).toEqual({
      messages: [],
      next: null,
      searched: { messages: 100, to: 0 },
    });
    expect(await open().ask({ key: 'a' })).toEqual({ messages: [], next: null, searched: { messages: 0, to: null } });
  });

  it('ends when it has taken long, with what was found and where it goes on', async () => {
    const { ask } = open(mixed);
    tick(0.5);
    const seen: number[] = [];
    const looked: number[] = [];
    let next: string | null = null;
    do {
      const page = await ask({ contains: 'needle', ...(next && { before: next }) });
      seen.push(...offsets(page));
      looked.push(page.searched!.messages);
      next = page.next;
    } while (next);
    expect(seen).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10, 0]);
    expect(looked.reduce((sum, each) => sum + each)).toBe(100);
    expect(looked.length).toBeGreaterThan(3);
    expect(Math.max(...looked)).toBeLessThan(25);
  });

  it('lets others have their turn before it is done', async () => {
    const { ask, work } = open(mixed);
    tick(0.5);
    const order: string[] = [];
    const searching = ask({ contains: 'nowhere' }).then(() => order.push('search'));
    await Promise.all([searching, work.do(() => order.push('other'))]);
    expect(order).toEqual(['other', 'search']);
  });

  it('of long texts is bounded by their bytes', async () => {
    const text = 'a'.repeat(60_000);
    const { ask } = open(Array.from({ length: 40 }, (_, offset) => record(offset, { text })));
    const page = await ask({ contains: 'aa' });
    expect(page.messages.length).toBeGreaterThan(0);
    expect(page.messages.length).toBeLessThanOrEqual(19);
    expect(page.next).not.toBeNull();
  });

  it('has nothing more for whoever may not see the topic any more', async () => {
    const { ask } = open(records(0, 999));
    tick(1);
    let looks = 0;
    await expect(ask({ contains: 'nowhere' }, () => (looks += 1) < 3)).rejects.toMatchObject({ status: 403 });
    expect(looks).toBe(3);
    await expect(ask({}, () => false)).rejects.toThrow('hello-world may not be seen any more');
  });
});

describe('a page around a time', () => {
  it('has half of it up to then, and half later', async () => {
    const { ask } = open(records(0, 99));
    const page = await ask({ at: '50', limit: '5' });
    expect(offsets(page)).toEqual([52, 51, 50, 49, 48]);
    expect(offsets(await ask({ before: page.next!, limit: '2' }))).toEqual([47, 46]);
    expect(offsets(await ask({ after: page.previous!, limit: '2' }))).toEqual([54, 53]);
    expect(Object.keys(page)).toEqual(['messages', 'next', 'previous']);
  });

  it('has all of the same time on one side, over partitions', async () => {
    const at = (partition: number, timestamp: number) => record(timestamp, { partition, timestamp });
    const { ask } = open([at(0, 5), at(1, 5), at(2, 5), at(0, 6), at(1, 6)]);
    const places = (page: Answer) => page.messages.map(({ partition, timestamp }) => `${partition}@${timestamp}`);
    expect(places(await ask({ at: '5', limit: '10' }))).toEqual(['1@6', '0@6', '2@5', '1@5', '0@5']);
    const { previous, next } = await ask({ at: '5', limit: '1' });
    expect(places(await ask({ after: previous! }))).toEqual(['1@6', '0@6']);
    expect(places(await ask({ before: next! }))).toEqual(['1@5', '0@5']);
  });

  it.each(['0', '253402300799999'])('%s has one end of the history', async (at) => {
    const { ask } = open(records(10, 19));
    const page = await ask({ at, limit: '4' });
    const [first, last] = at === '0' ? ['next', 'previous'] : ['previous', 'next'];
    expect(page[first as 'next']).toBeNull();
    expect(page[last as 'next']).not.toBeNull();
    expect(offsets(page)).toEqual(at === '0' ? [11, 10] : [19, 18]);
  });

  it('of no messages leads nowhere', async () => {
    expect(await open().ask({ at: '5' })).toEqual({ messages: [], next: null, previous: null });
  });

  it('has matches only, on both sides, and no others than of the times asked for', async () => {
    const all = records(0, 99).map((each) => record(each.offset, { text: each.offset % 10 ? 'hay' : 'needle' }));
    const { ask } = open(all);
    const page = await ask({ at: '50', contains: 'needle', limit: '4', to: '65' });
    expect(offsets(page)).toEqual([60, 50, 40]);
    expect(page).toMatchObject({ previous: null, searched: { messages: 11 + 14, to: 40 } });
  });
});

describe('a page around a place', () => {
  const around = async (offset: string, all = records(0, 99), limit = '4', maxRows = 1_000) => {
    const page = await open(all, maxRows).ask({ offset, limit });
    return { ...page, offsets: offsets(page) };
  };

  it('has it, in the middle of what is around it', async () => {
    expect(await around('0/50')).toMatchObject({
      offsets: [52, 51, 50, 49],
      target: { partition: 0, offset: 50, state: 'kept', timestamp: 50 },
    });
    expect(await around('0/50', undefined, '1')).toMatchObject({ offsets: [50] });
  });

  it('that was evicted has the first ones that are kept', async () => {
    expect(await around('0/50', undefined, '4', 10)).toMatchObject({
      offsets: [92, 91, 90],
      next: null,
      target: { offset: 50, state: 'evicted', timestamp: null },
    });
  });

  it('that was never there has what is around it', async () => {
    expect(await around('0/5', [...records(0, 3), ...records(7, 9)])).toMatchObject({
      offsets: [9, 8, 7, 3],
      target: { offset: 5, state: 'absent', timestamp: null },
    });
  });

  it('that is not there yet has the last ones', async () => {
    expect(await around('0/1000')).toMatchObject({
      offsets: [99, 98],
      previous: null,
      target: { offset: 1_000, state: 'ahead', timestamp: null },
    });
  });

  it.each(['3/0', '999999999/999999999999999'])(
    'of a partition without records, %s, has the newest',
    async (offset) => {
      expect(await around(offset)).toMatchObject({ offsets: [99, 98], target: { state: 'ahead', timestamp: null } });
    },
  );

  it('has what is around it in the order of time, over partitions', async () => {
    const other = [40, 52].map((timestamp, offset) => record(offset, { partition: 1, timestamp }));
    const page = await open([...records(49, 51), ...other]).ask({ offset: '1/0' });
    expect(page.messages.map(({ timestamp }) => timestamp)).toEqual([52, 51, 50, 49, 40]);
  });

  it('that does not match is said to be kept, though it is not among what matches', async () => {
    const all = records(0, 9).map((each) => record(each.offset, { text: each.offset % 2 ? 'needle' : 'hay' }));
    const page = await open(all).ask({ offset: '0/4', contains: 'needle', limit: '4' });
    expect(offsets(page)).toEqual([7, 5, 3, 1]);
    expect(page.target).toMatchObject({ state: 'kept', timestamp: 4 });
  });
});
