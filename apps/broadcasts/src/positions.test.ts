import { describe, expect, it } from 'vitest';
import { earliest, Positions } from './positions.ts';

const record = (partition: number, offset: number) => ({ partition, offset, timestamp: 1_000 + offset });

describe('Positions', () => {
  it('are empty before every record', () => {
    const positions = earliest();
    expect(positions.empty).toBe(true);
    expect(positions.get(0)).toBeUndefined();
    expect(positions.passed(record(0, 0))).toBe(false);
    expect(positions.toJSON()).toEqual({});
  });

  it('move past a record, each partition for itself', () => {
    const positions = earliest();
    positions.advance(record(0, 0));
    positions.advance(record(2, 41));
    expect(positions.empty).toBe(false);
    expect(positions.toJSON()).toEqual({ 0: { next: 1, timestamp: 1_000 }, 2: { next: 42, timestamp: 1_041 } });
    expect([...positions.entries()].map(([partition]) => partition)).toEqual([0, 2]);
  });

  it('know what was passed', () => {
    const positions = earliest();
    positions.advance(record(0, 5));
    expect([4, 5, 6].map((offset) => positions.passed(record(0, offset)))).toEqual([true, true, false]);
    expect(positions.passed(record(1, 0))).toBe(false);
  });

  it('never move back', () => {
    const positions = earliest();
    positions.advance(record(0, 5));
    for (const offset of [5, 4, 0]) positions.advance({ partition: 0, offset, timestamp: 9_999 });
    expect(positions.get(0)).toEqual({ next: 6, timestamp: 1_005 });
  });

  it('come back from JSON as they were', () => {
    const positions = earliest();
    positions.advance(record(0, 5));
    positions.advance(record(11, 0));
    const back = Positions.from(JSON.parse(JSON.stringify(positions)));
    expect(back).not.toBe(positions);
    expect(back.toJSON()).toEqual(positions.toJSON());
    expect(back.get(11)).toEqual({ next: 1, timestamp: 1_000 });
  });

  it('have copies that go their own way', () => {
    const positions = earliest();
    positions.advance(record(0, 0));
    const copy = positions.copy();
    copy.advance(record(0, 1));
    positions.advance(record(1, 0));
    expect(copy.toJSON()).toEqual({ 0: { next: 2, timestamp: 1_001 } });
    expect(positions.get(0)!.next).toBe(1);
  });

  it('are empty again after they were cleared', () => {
    const positions = earliest();
    positions.advance(record(0, 0));
    positions.clear();
    expect(positions.empty).toBe(true);
    positions.advance(record(0, 0));
    expect(positions.get(0)!.next).toBe(1);
  });
});

it('are ahead of others that did not get so far in some partition', () => {
  const positions = Positions.from({ 0: { next: 3, timestamp: 0 }, 1: { next: 1, timestamp: 0 } });
  expect(positions.isAheadOf(positions.copy())).toBe(false);
  expect(positions.isAheadOf(Positions.from({ 0: { next: 9, timestamp: 0 } }))).toBe(true);
  expect(positions.isAheadOf(Positions.from({ 0: { next: 2, timestamp: 0 }, 1: { next: 1, timestamp: 0 } }))).toBe(
    true,
  );
  expect(earliest().isAheadOf(positions)).toBe(false);
});
