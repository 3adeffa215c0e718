import { describe, expect, it } from 'vitest';
import { largeRecord, record, records } from '../../testing/record.ts';
import { HeldRecords } from './held-records.ts';

describe('what is held', () => {
  it('is all that was added, in order, until it is cleared', () => {
    const held = new HeldRecords();
    expect(held.isEmpty).toBe(true);
    const added = [
      { id: 0, records: records(0, 2), readAt: null },
      { id: 1, records: [record(3)], readAt: 9 },
    ];
    for (const each of added) held.add(each);
    expect(held.isEmpty).toBe(false);
    expect(held.all).toEqual(added);
    held.clear();
    expect([held.isEmpty, held.all]).toEqual([true, []]);
  });

  it('is enough from 50 records on, also one by one', () => {
    const held = new HeldRecords();
    for (const each of records(0, 48)) held.add({ id: 0, records: [each], readAt: null });
    expect(held.isFull).toBe(false);
    held.add({ id: 0, records: [record(49)], readAt: null });
    expect(held.isFull).toBe(true);
    held.clear();
    expect(held.isFull).toBe(false);
  });

  it('is enough from 256 KiB on', () => {
    const held = new HeldRecords();
    held.add({ id: 0, records: [largeRecord(0, 255 * 1024)], readAt: null });
    expect(held.isFull).toBe(false);
    held.add({ id: 0, records: [largeRecord(1, 1024)], readAt: null });
    expect(held.isFull).toBe(true);
  });
});
