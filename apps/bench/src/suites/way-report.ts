import { acrossRounds, type Goal, round } from '../goal.ts';
import { percentile } from '../statistics.ts';
import type { WayMeasurement } from './way.ts';

export const WAY_COLUMNS = ['from → to', 'p50 ms', 'p99 ms', 'p99.9 ms', 'longest ms'];

/**
 * Up to here people take something for instantaneous. @see
 * https://www.nngroup.com/articles/response-times-3-important-limits/
 */
const INSTANT_MS = 100;
/** In so many parts the messages are looked at, to see whether the figures are steady. */
const PARTS = 3;
/** Kafka's times are whole milliseconds, rounded down: on average half of one later. */
const HALF_MS = 0.5;

/** What each part of the way took, in milliseconds. */
interface Hops {
  schedule: number[];
  toKafka: number[];
  toConsumer: number[];
  toSockets: number[];
  writing: number[];
  /** Of each client. */
  toClients: number[];
  /** Of each client. */
  whole: number[];
}

const NAMES: Record<keyof Hops, string> = {
  schedule: 'due → sent by the producer',
  toKafka: 'sent → in Kafka',
  toConsumer: 'in Kafka → read by the consumer',
  toSockets: 'read → sent to the first socket',
  writing: 'sent to the first socket → to the last',
  toClients: 'sent to the first socket → received by each',
  whole: 'the whole way: due → received by each',
};

export function wayRows(measured: WayMeasurement): string[][] {
  const hops = hopsOf(measured);
  return (Object.keys(NAMES) as (keyof Hops)[]).map((hop) => {
    const values = hops[hop].toSorted((a, b) => a - b);
    return [NAMES[hop], ...[0.5, 0.99, 0.999, 1].map((share) => round(percentile(values, share)))];
  });
}

export function wayGoals(measured: WayMeasurement): Goal[] {
  const { missing, doubled, outOfOrder } = measured.heard;
  const p99 = partsOf(measured).map((part) => percentile(hopsOf(part).whole, 0.99));
  return [
    {
      what: `the whole way to ${measured.clients.toLocaleString('en')} clients: p99`,
      bound: 'at most',
      wanted: INSTANT_MS,
      unit: 'ms',
      ...acrossRounds(p99),
    },
    {
      what: 'not delivered once and in order',
      bound: 'at most',
      wanted: 0,
      measured: missing + doubled + outOfOrder,
      unit: '',
      vital: true,
    },
  ];
}

function hopsOf({ heard: { messages, first, arrivals }, stages, clients }: WayMeasurement): Hops {
  const hops: Hops = {
    schedule: [],
    toKafka: [],
    toConsumer: [],
    toSockets: [],
    writing: [],
    toClients: [],
    whole: [],
  };
  const stageOf = new Map(stages.map((stage) => [stage.offset, stage]));
  for (const { sequence, offset, dueAt, sentAt, timestamp } of messages) {
    const stage = stageOf.get(offset)!;
    hops.schedule.push(sentAt - dueAt);
    hops.toKafka.push(timestamp - sentAt);
    hops.toConsumer.push(stage.readAt - timestamp - HALF_MS);
    hops.toSockets.push(stage.sentAt - stage.readAt);
    hops.writing.push(stage.writtenAt - stage.sentAt);
    const start = (sequence - first) * clients;
    for (const arrival of arrivals.subarray(start, start + clients)) {
      if (Number.isNaN(arrival)) continue;
      hops.toClients.push(arrival - stage.sentAt);
      hops.whole.push(arrival - dueAt);
    }
  }
  return hops;
}

/** The same, of some of the messages after the others. */
function partsOf({ heard, ...rest }: WayMeasurement): WayMeasurement[] {
  const length = Math.ceil(heard.messages.length / PARTS);
  const parts = Math.ceil(heard.messages.length / length) || 0;
  return Array.from({ length: parts }, (_, part) => {
    const messages = heard.messages.slice(part * length, (part + 1) * length);
    return { ...rest, heard: { ...heard, messages } };
  });
}
