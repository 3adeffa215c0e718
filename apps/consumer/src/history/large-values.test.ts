import { describe, expect, it } from 'vitest';
import { offsetsOf, openHistory, TOPIC, trimAll } from '../../testing/history.ts';
import { largeRecord, record, records } from '../../testing/record.ts';
import type { History } from './history.ts';
import { INLINE_BYTES, PART_BYTES } from './large-values.ts';
import { HEAD_BYTES } from './record-row.ts';

describe('a large value', () => {
  const keep = (history: History, offset: number, bytes: number): void => {
    const large = largeRecord(offset, bytes);
    for (let part = 0; part * PART_BYTES < bytes; part += 1)
      history.addPart(TOPIC, large, part, large.value!.subarray(part * PART_BYTES, (part + 1) * PART_BYTES));
    history.insert(TOPIC, [large]);
  };

  it('is read by its beginning, and as a whole in parts', () => {
    const history = openHistory();
    keep(history, 0, 3 * 1024 * 1024 + 1);
    const [found] = history.page(TOPIC, { limit: 1 }).records;
    expect(found).toMatchObject({ offset: 0, valueSize: 3 * 1024 * 1024 + 1 });
    expect(found!.value).toHaveLength(HEAD_BYTES);
    const sizes: number[] = [];
    for (let part = 0, bytes; (bytes = history.part(TOPIC, found!, part)); part += 1) sizes.push(bytes.length);
    expect(sizes).toEqual([...Array(12).fill(PART_BYTES), 1]);
  });

  it.each([
    [INLINE_BYTES, undefined],
    [INLINE_BYTES + 1, INLINE_BYTES + 1],
  ])('of %i bytes is one from a byte above the limit on', (bytes, valueSize) => {
    const history = openHistory();
    keep(history, 0, bytes);
    expect(history.at(TOPIC, 0, 0)!.valueSize).toBe(valueSize);
  });

  it('is taken in parts while other records are still to be written', () => {
    const history = openHistory();
    history.insert(TOPIC, [record(0)]);
    expect(history.trim()).toBe(false);
    history.insert(TOPIC, [record(1)]);
    history.addPart(TOPIC, { partition: 0, offset: 2 }, 0, Buffer.from('a part'));
    expect(history.part(TOPIC, { partition: 0, offset: 2 }, 0)).toEqual(new Uint8Array(Buffer.from('a part')));
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([1, 0]);
  });

  it('goes with all of its parts, a few of them at once', () => {
    const history = openHistory({ maxRows: 1 });
    const empty = history.bytes;
    keep(history, 0, 3 * 1024 * 1024);
    history.insert(TOPIC, records(1, 1));
    expect(trimAll(history)).toBeGreaterThan(3);
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([1]);
    expect(history.part(TOPIC, { partition: 0, offset: 0 }, 0)).toBeUndefined();
    expect(history.bytes).toBeLessThan(empty + 100_000);
  });

  it('counts with all of its bytes', () => {
    const history = openHistory({ maxBytes: 8 * 1024 * 1024 });
    for (let offset = 0; offset < 6; offset += 1) {
      keep(history, offset, 2 * 1024 * 1024);
      trimAll(history);
    }
    expect(offsetsOf(history.page(TOPIC, { limit: 10 }))).toEqual([5, 4, 3]);
  });
});
