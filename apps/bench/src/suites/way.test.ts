import { encodeBroadcast } from '@hello/broadcasts';
import { expect, it, onTestFinished } from 'vitest';
import { epoch } from '../clock.ts';
import { isMet } from '../goal.ts';
import { Audience } from '../load/audience.ts';
import { listenOn, TOPIC } from '../peers/consumer.ts';
import { MadeLog } from '../peers/made-log.ts';
import { StageNotes } from '../stages.ts';
import type { WayMeasurement } from './way.ts';
import { WAY_COLUMNS, wayGoals, wayRows } from './way-report.ts';

/** One message to two clients, a millisecond or two for each part of its way. */
const measured = (change: Partial<WayMeasurement['heard']> = {}): WayMeasurement => ({
  clients: 2,
  stages: [{ offset: 4, readAt: 1_005.5, sentAt: 1_007.5, writtenAt: 1_008.5 }],
  heard: {
    ...{ expected: 2, delivered: 2, missing: 0, doubled: 0, outOfOrder: 0 },
    first: 31,
    messages: [{ sequence: 31, offset: 4, dueAt: 1_000, sentAt: 1_001, timestamp: 1_003 }],
    arrivals: Float64Array.of(1_010.5, 1_020.5),
    ...change,
  },
});

it('notes when a message is read, when it is sent, and when each client has it', async () => {
  const notes = new StageNotes();
  const log = new MadeLog(0);
  const audience = new Audience(await listenOn(notes.watch(log)));
  onTestFinished(() => audience.close());
  await audience.connect(3);
  audience.expect({ first: 1, count: 2 });
  const before = epoch();
  for (const sequence of [1, 2]) {
    const broadcast = { text: 'Hello world', environment: 'test', sequence, sentAt: 5, dueAt: 4, nextInMs: 1 };
    await log.topic(TOPIC).append({ key: 'test', value: encodeBroadcast(broadcast) });
  }
  const { messages, arrivals, ...account } = await audience.finish(5_000);
  expect(account).toEqual({ expected: 6, delivered: 6, missing: 0, doubled: 0, outOfOrder: 0, first: 1 });
  expect(messages).toMatchObject([
    { sequence: 1, offset: 0, dueAt: 4, sentAt: 5, timestamp: expect.any(Number) },
    { sequence: 2, offset: 1 },
  ]);
  expect(notes.stages.map(({ offset }) => offset)).toEqual([0, 1]);
  for (const [index, { readAt, sentAt, writtenAt }] of notes.stages.entries()) {
    const each = [...arrivals.subarray(index * 3, (index + 1) * 3)];
    const inOrder = [before, readAt, sentAt, writtenAt, Math.max(...each)];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    expect(Math.min(...each)).toBeGreaterThan(sentAt);
  }
});

it('reports what each part of the way takes', () => {
  const rows = wayRows(measured());
  expect(rows.map(([, p50]) => p50)).toEqual(['1', '2', '2', '2', '1', '3', '10.5']);
  expect(rows.at(-1)!.at(-1)).toBe('20.5');
  expect(rows.every((row) => row.length === WAY_COLUMNS.length)).toBe(true);
});

it('counts what did not come as lost, and not as quick', () => {
  const lossy = measured({ delivered: 1, missing: 1, arrivals: Float64Array.of(1_010.5, Number.NaN) });
  expect(wayRows(lossy).at(-1)!.at(-1)).toBe('10.5');
  expect(wayGoals(measured()).every(isMet)).toBe(true);
  expect(wayGoals(lossy).filter((goal) => goal.vital && !isMet(goal))).toMatchObject([{ measured: 1 }]);
});
