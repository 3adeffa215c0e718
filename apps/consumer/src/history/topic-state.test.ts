import { Positions } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { record, records } from '../../testing/record.ts';
import { type HistoryRecord, weightOf } from './record.ts';
import { TopicState } from './topic-state.ts';

const deleted = (each: HistoryRecord) => ({ ...each, weight: weightOf(each), value_size: each.valueSize ?? null });
const offsets = (found: HistoryRecord[]) => found.map(({ offset }) => offset);
const at = (next: number): Positions => Positions.from({ 0: { next, timestamp: 0 } });

describe('what is known of a topic', () => {
  it('counts a record once, of whatever batch', () => {
    const topic = new TopicState(0, 'hello-world');
    expect(offsets(topic.add([record(0), record(1), record(1)]))).toEqual([0, 1]);
    expect(offsets(topic.add(records(1, 3)))).toEqual([2, 3]);
    expect(topic.add([record(0, { partition: 1 })])).toHaveLength(1);
    expect([topic.count, [...topic.partitions]]).toEqual([5, [0, 1]]);
    expect(topic.positions.toJSON()).toEqual({ 0: { next: 4, timestamp: 3 }, 1: { next: 1, timestamp: 0 } });
  });

  it('is as it was when all that came is gone, but for what is remembered of it', () => {
    const topic = new TopicState(0, 'hello-world');
    const large = { ...record(2), valueSize: 3_000_000 };
    const all = topic.add([...records(0, 1), large]);
    expect(topic.bytes).toBeGreaterThan(3_000_000);
    topic.remove(all.map(deleted));
    expect([topic.count, topic.bytes]).toEqual([0, 0]);
    expect(topic.timeline.tally({ from: 0, to: 1_000, bucketMs: 1_000 }).counts).toEqual([0]);
    expect([topic.completeSince, topic.positions.get(0)!.next]).toEqual([3, 3]);
  });

  it('has a gap after positions where something is gone that came after them, in whatever order it went', () => {
    const topic = new TopicState(0, 'hello-world');
    const [first, second] = topic.add([record(5), record(6)]);
    expect(topic.hasGapAfter(at(0))).toBe(false);
    topic.remove([deleted(second!)]);
    topic.remove([deleted(first!)]);
    expect([5, 6, 7].map((next) => topic.hasGapAfter(at(next)))).toEqual([true, true, false]);
    topic.markGap(1, 1);
    expect(topic.hasGapAfter(at(7))).toBe(true);
  });

  it('says why there is no record at a place', () => {
    const topic = new TopicState(0, 'hello-world');
    topic.markGap(0, 2);
    topic.add([record(4)]);
    expect([1, 2, 3, 5].map((offset) => topic.absenceOf(0, offset))).toEqual(['evicted', 'absent', 'absent', 'ahead']);
    expect(topic.absenceOf(1, 0)).toBe('ahead');
  });

  it.each<[string, (topic: TopicState) => void, boolean]>([
    ['a new record', (topic) => void topic.add([record(1)]), true],
    ['a record that was there', (topic) => void topic.add([record(0)]), false],
    ['an eviction', (topic) => topic.remove([deleted(record(0))]), true],
    ['an eviction of nothing', (topic) => topic.remove([]), false],
    ['a partition', (topic) => topic.notePartitions([0, 1]), true],
    ['a partition that it had', (topic) => topic.notePartitions([0]), false],
    ['a gap', (topic) => topic.markGap(0, 9), true],
  ])('at %s has another version or not', (_, change, expected) => {
    const topic = new TopicState(0, 'hello-world');
    topic.add([record(0)]);
    const { version } = topic;
    change(topic);
    expect(topic.version !== version).toBe(expected);
  });
});
