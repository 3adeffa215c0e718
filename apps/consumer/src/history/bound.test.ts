import { expect, it } from 'vitest';
import { largeRecord, record, records } from '../../testing/record.ts';
import { type Bound, take } from './bound.ts';
import type { HistoryRecord } from './record.ts';
import { addValues, HEAD_BYTES, type RecordRow } from './record-row.ts';

const KIB = 1024;

function rowOf(each: HistoryRecord): RecordRow {
  const row: unknown[] = [];
  addValues(row as Parameters<typeof addValues>[0], each);
  return row as unknown as RecordRow;
}

it.each<[string, HistoryRecord[], Bound, taken: number, more: boolean]>([
  ['all of what is within it', records(0, 4), { limit: 5, bytes: 1e6 }, 5, false],
  ['nothing of nothing', [], { limit: 5, bytes: 1e6 }, 0, false],
  ['no more records than it has', records(0, 4), { limit: 4, bytes: 1e6 }, 4, true],
  ['no more bytes than it has', [0, 1, 2].map((n) => largeRecord(n, 10_000)), { limit: 9, bytes: 25_000 }, 2, true],
  ['one record, however large', [largeRecord(0, 10_000), record(1)], { limit: 9, bytes: 1 }, 1, true],
  ['none where none is wanted', records(0, 1), { limit: 0, bytes: 1e6 }, 0, true],
  [
    'no more than 2 MiB that are read',
    [0, 1, 2].map((n) => largeRecord(n, 900 * KIB)),
    { limit: 9, bytes: 1e9 },
    2,
    true,
  ],
])('a bound takes %s', (_, all, bound, taken, more) => {
  const result = take('hello-world', all.map(rowOf), bound);
  expect(result.records).toEqual(all.slice(0, taken));
  expect(result.more).toBe(more);
});

it('of a large record, what is shown counts', () => {
  expect(take('hello-world', [rowOf(largeRecord(0, 900 * KIB))], { limit: 1, bytes: 1 }).shown).toBe(HEAD_BYTES);
});
