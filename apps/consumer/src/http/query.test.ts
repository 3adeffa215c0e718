import { describe, expect, it } from 'vitest';
import { encodeCursor } from '../history/cursor.ts';
import { AFTER_ALL, BEFORE_ALL, compareKeysets, type Keyset, type Span } from '../history/keyset.ts';
import { readMessageQuery } from './query.ts';

const TOPIC = 'hello-world';
const place = (timestamp: number): Keyset => ({ timestamp, partition: 1, offset: 7 });
const cursor = (timestamp: number) => encodeCursor(TOPIC, place(timestamp));
const read = (query: Record<string, string | string[]>, accepted: 'json' | 'csv' = 'json') =>
  readMessageQuery(TOPIC, query, accepted);

/** Which times are in a span, at the first and at the last place that can have them. */
function timesIn({ before, after }: Span, times: number[]): number[] {
  const isIn = (each: Keyset) => compareKeysets(each, before) < 0 && compareKeysets(each, after) > 0;
  return times.filter((timestamp) => {
    const ends = [
      { timestamp, partition: 0, offset: 0 },
      { timestamp, partition: 999_999_999, offset: 1e15 },
    ].map(isIn);
    expect(new Set(ends).size).toBe(1);
    return ends[0];
  });
}

describe('a query', () => {
  it('asks for everything when nothing is said', () => {
    expect(read({})).toEqual({
      format: 'json',
      filter: {},
      span: { before: AFTER_ALL, after: BEFORE_ALL, forward: false },
    });
  });

  it('says words, a key, a limit and a format', () => {
    expect(read({ contains: 'Hello', key: 'a', limit: '7', format: 'ndjson' })).toMatchObject({
      format: 'ndjson',
      filter: { contains: 'Hello', key: 'a' },
      limit: 7,
    });
    expect(read({}, 'csv').format).toBe('csv');
    expect(read({ format: 'json' }, 'csv').format).toBe('json');
  });

  it.each([
    [{ from: '20' }, [20, 30, 40]],
    [{ to: '30' }, [0, 10, 20]],
    [{ from: '10', to: '30' }, [10, 20]],
    [{ from: '0', to: '40' }, [0, 10, 20, 30]],
    [{ from: '10', to: '10' }, []],
    [{ from: '1970-01-01', to: '1970-01-01T00:00:00.020Z' }, [0, 10]],
  ])('%j is of some times', (query, expected) => {
    expect(timesIn(read(query).span, [0, 10, 20, 30, 40])).toEqual(expected);
  });

  it('of times and cursors is for what is in both', () => {
    const ends = (query: Record<string, string>): [number, number] => {
      const { before, after } = read(query).span;
      return [after.timestamp, before.timestamp];
    };
    expect(ends({ from: '10', to: '40', before: cursor(30) })).toEqual([9, 30]);
    expect(ends({ from: '10', to: '40', before: cursor(50) })).toEqual([9, 40]);
    expect(ends({ from: '10', to: '40', after: cursor(20) })).toEqual([20, 40]);
    expect(ends({ from: '10', to: '40', after: cursor(5) })).toEqual([9, 40]);
  });

  it('goes forward from a cursor alone, also within times, and never in a download', () => {
    expect(read({ after: cursor(1) }).span.forward).toBe(true);
    expect(read({ after: cursor(1), to: '40' }).span.forward).toBe(true);
    expect(read({ after: cursor(1), before: cursor(9) }).span.forward).toBe(false);
    expect(read({ from: '1' }).span.forward).toBe(false);
    expect(read({ after: cursor(1), format: 'csv' }).span.forward).toBe(false);
  });

  it('is for what is around a time or a place', () => {
    expect(read({ at: '2026-11-26T07:00:00Z', contains: 'a', from: '1' })).toMatchObject({ around: 1_795_676_400_000 });
    expect(read({ offset: '3/41' })).toMatchObject({ around: { partition: 3, offset: 41 } });
  });
});

describe('a bad query', () => {
  const PLACE = 'offset: expected a partition and an offset, such as 0/42';
  const TIME = /^(from|to|at): expected a time of 1970 to 9999: /;

  it.each([
    [{ offset: '' }, PLACE],
    [{ offset: '5' }, PLACE],
    [{ offset: '0/-1' }, PLACE],
    [{ offset: '-1/0' }, PLACE],
    [{ offset: '0/1/2' }, PLACE],
    [{ offset: '00/1' }, PLACE],
    [{ offset: '0/99999999999999999999' }, PLACE],
    [{ offset: '9999999999/1' }, PLACE],
    [{ offset: ['0/1', '0/2'] }, 'offset: expected once'],
    [{ at: ['1', '2'] }, 'at: expected once'],
    [{ at: 'yesterday' }, TIME],
    [{ from: '' }, TIME],
    [{ to: '2026-11-26T07:00:00' }, TIME],
    [{ from: '2', to: '1' }, 'from: expected a time before to'],
    [{ at: '1', offset: '0/1' }, 'at: cannot be combined with offset'],
    [{ at: '1', before: cursor(1) }, 'at: cannot be combined with before'],
    [{ offset: '0/1', after: cursor(1) }, 'offset: cannot be combined with after'],
    [{ at: '1', format: 'csv' }, 'at: is for pages; a download takes from and to'],
    [{ offset: '0/1', format: 'ndjson' }, 'offset: is for pages; a download takes from and to'],
    [{ contains: 'a'.repeat(201) }, 'contains: expected at most 200 characters'],
    [{ contains: ['a', 'b'] }, 'contains: expected a text, once'],
    [{ key: ['a', 'b'] }, 'key: expected a text, once'],
    [{ conains: 'a' }, 'conains: there is no such parameter; there is contains, key, before, after, '],
    [{ limit: '501' }, /^limit: a page has at most 500 messages/],
    [{ before: encodeCursor('other', place(1)) }, /^before: the cursor .* is not one of this topic's/],
  ])('%j is refused, with what is wrong', (query, message) => {
    expect(() => read(query as Record<string, string>)).toThrow(message);
    expect(() => read(query as Record<string, string>)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
