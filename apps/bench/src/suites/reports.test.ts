import { describe, expect, it } from 'vitest';
import { isMet } from '../goal.ts';
import {
  BARE,
  CATCH_UP,
  HEADED,
  INGEST_COLUMNS,
  ingestGoals,
  type IngestMeasurement,
  ingestRows,
  LIVE,
  TRACED,
} from './ingest-report.ts';
import { PAGE_COLUMNS, pageGoals, type PageMeasurement, pageRow } from './page-report.ts';
import { EMPTY_START, START_COLUMNS, startGoals, startRows } from './start-report.ts';

const whole = { expected: 1_000_000, delivered: 1_000_000, missing: 0, doubled: 0, outOfOrder: 0, lost: 0 };

function ingested(account = whole): IngestMeasurement[] {
  const each = { round: 1, cpuMs: 10_000, peakRssBytes: 200e6 };
  return [
    { ...each, what: BARE, seconds: 8 },
    { ...each, what: LIVE, seconds: 16, account },
    { ...each, what: HEADED, seconds: 20, account: whole },
    { ...each, what: TRACED, seconds: 25, account: whole },
    { ...each, what: CATCH_UP, seconds: 2.5 },
  ];
}

describe('the report of ingest', () => {
  it('has a row for each of what was measured', () => {
    const rows = ingestRows(ingested(), 1_000_000);
    expect(rows.map(([what, speed]) => [what, speed])).toEqual([
      [BARE, '125,000'],
      [LIVE, '62,500'],
      [HEADED, '50,000'],
      [TRACED, '40,000'],
      [CATCH_UP, '400,000'],
    ]);
    expect(rows.every((row) => row.length === INGEST_COLUMNS.length)).toBe(true);
  });

  it('has goals that are met only when every record came to the client', () => {
    expect(ingestGoals(ingested(), 1_000_000).every(isMet)).toBe(true);
    const lossy = ingestGoals(ingested({ ...whole, delivered: 999_999, missing: 1 }), 1_000_000);
    expect(lossy.filter((goal) => !isMet(goal)).map(({ measured }) => measured)).toEqual([1]);
  });

  it('compares what was measured in the same round', () => {
    const slowMinute = ingested().map((each) => ({ ...each, round: 2, seconds: each.seconds * 3 }));
    const [goal] = ingestGoals([...ingested(), ...slowMinute], 1_000_000);
    expect(goal).toMatchObject({ measured: 0.5, spread: [0.5, 0.5] });
  });

  it('allows a quick form its share of the time', () => {
    const wanted = ingestGoals(ingested(), 200_000).find(({ what }) => what.includes('caught up'))!;
    expect(wanted).toMatchObject({ what: '200,000 records caught up', wanted: 1 });
  });
});

describe('the report of start', () => {
  const raw = [300, 500, 380].map((ms, index) => ({
    what: EMPTY_START,
    round: index + 1,
    ms,
    cpuMs: 200,
    rssBytes: 80e6,
  }));
  const bare = { what: 'bare', round: 1, ms: 50, cpuMs: undefined, rssBytes: undefined };

  it('has a row for each process, by its median', () => {
    const rows = startRows([bare, ...raw]);
    expect(rows).toEqual([
      ['bare', '50', '50–50', '', ''],
      [EMPTY_START, '380', '300–500', '200', '80 MB'],
    ]);
    expect(rows[0]).toHaveLength(START_COLUMNS.length);
  });

  it('has its goal', () => {
    expect(startGoals(raw).map(isMet)).toEqual([true]);
  });
});

describe('the report of page', () => {
  const measured: PageMeasurement = {
    rate: 100,
    seconds: 60,
    frames: 3_600,
    p50FrameMs: 16.7,
    p99FrameMs: 17,
    maxFrameMs: 33,
    longFrames: 0,
    heapBeforeBytes: 3e6,
    heapAfterBytes: 3.1e6,
    nodes: 7_000,
    rows: 500,
    shown: 6_000,
    sent: 6_000,
    serverCpuMs: 900,
  };

  it('has a row', () => {
    expect(pageRow(measured)).toHaveLength(PAGE_COLUMNS.length);
  });

  it('has the goal of smooth frames at 100 messages a second, and of a flat heap at 1,000', () => {
    expect(pageGoals(measured).map(({ what }) => what.replace('100 messages/s: ', ''))).toEqual([
      'messages not come to the page',
      'longest frame',
    ]);
    const fast = pageGoals({ ...measured, rate: 1_000 });
    expect(fast.map(isMet)).toEqual([true, true]);
    expect(pageGoals({ ...measured, rate: 1_000, heapAfterBytes: 4e6 }).map(isMet)).toEqual([true, false]);
  });

  it('notices messages that did not come', () => {
    expect(pageGoals({ ...measured, rate: 1, shown: 5_999 }).map(isMet)).toEqual([false]);
  });
});
