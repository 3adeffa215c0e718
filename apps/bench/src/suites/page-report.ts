import { type Goal, round } from '../goal.ts';

/** A frame that somebody sees stutter. */
export const LONG_FRAME_MS = 50;

export interface PageMeasurement {
  rate: number;
  seconds: number;
  frames: number;
  p50FrameMs: number;
  p99FrameMs: number;
  maxFrameMs: number;
  longFrames: number;
  /** After a garbage collection, at the beginning and at the end. */
  heapBeforeBytes: number;
  heapAfterBytes: number;
  nodes: number;
  rows: number;
  /** Messages that had come to the top of the page, of those sent. */
  shown: number;
  sent: number;
  serverCpuMs: number;
}

export const PAGE_COLUMNS = [
  'messages/s',
  'seconds',
  'frames',
  'p50 ms',
  'p99 ms',
  'longest ms',
  `frames over ${LONG_FRAME_MS} ms`,
  'heap, first → last',
  'DOM elements',
  'rows',
  'newest shown',
];

export function pageRow(each: PageMeasurement): string[] {
  return [
    String(each.rate),
    String(each.seconds),
    String(each.frames),
    round(each.p50FrameMs),
    round(each.p99FrameMs),
    round(each.maxFrameMs),
    String(each.longFrames),
    `${round(each.heapBeforeBytes / 1e6)} → ${round(each.heapAfterBytes / 1e6)} MB`,
    String(each.nodes),
    String(each.rows),
    `${each.shown} of ${each.sent}`,
  ];
}

export function pageGoals(each: PageMeasurement): Goal[] {
  const name = `${each.rate} messages/s`;
  const goals: Goal[] = [
    {
      what: `${name}: messages not come to the page`,
      bound: 'at most',
      wanted: 0,
      measured: each.sent - each.shown,
      unit: '',
    },
  ];
  if (each.rate === 100)
    goals.push({
      what: `${name}: longest frame`,
      bound: 'at most',
      wanted: LONG_FRAME_MS,
      measured: each.maxFrameMs,
      unit: 'ms',
    });
  if (each.rate === 1_000)
    goals.push({
      what: `${name}: heap at the end, of that at the beginning`,
      bound: 'at most',
      wanted: 1.1,
      measured: each.heapAfterBytes / each.heapBeforeBytes,
      unit: '×',
    });
  return goals;
}
