import { type Broadcast, decodeBroadcast, type LogRecord } from '@hello/broadcasts';
import type { Message } from '../../consumer/src/history/message.ts';
import type { Stretch } from './stretch.ts';
import type { Watcher } from './watcher.ts';

/** What went wrong: three zeros where nothing did. */
export interface Faults {
  lost: number;
  doubled: number;
  disordered: number;
}

/** All of some faults together. */
export function total(all: Faults[]): Faults {
  const sum = (fault: keyof Faults) => all.reduce((count, faults) => count + faults[fault], 0);
  return { lost: sum('lost'), doubled: sum('doubled'), disordered: sum('disordered') };
}

/**
 * Compares numbers with what they should be, `expected` in rising order: how many are missing, how many are there
 * again, and how many come after a higher one.
 */
export function compare(expected: number[], actual: number[]): Faults {
  let [doubled, disordered, highest] = [0, 0, -Infinity];
  const seen = new Set<number>();
  for (const number of actual) {
    if (seen.has(number)) doubled += 1;
    else if (number < highest) disordered += 1;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  return { lost: expected.filter((number) => !seen.has(number)).length, doubled, disordered };
}

/**
 * What a client lost, doubled or showed in a wrong order of a topic with one partition that has every offset up to a
 * last one. What it was told to be missing is not lost.
 */
export function judgeOffsets({ stretches }: Pick<Watcher, 'stretches'>, lastOffset: number): Faults {
  return total(
    stretches.map((stretch) => {
      const actual = stretch.shown.map(({ offset }) => offset);
      const last = stretch === stretches.at(-1) ? lastOffset : (actual.at(-1) ?? -1);
      const first = stretch.from[0] ?? 0;
      const expected = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
      return compare(expected, actual);
    }),
  );
}

/** All that a topic's log has, by which is judged what producers brought there and what clients showed of it. */
export class Ledger {
  readonly #partitions: Map<number, LogRecord[]>;

  /** @param records of the whole topic, each partition in its order. */
  constructor(records: LogRecord[]) {
    this.#partitions = Map.groupBy(records, ({ partition }) => partition);
  }

  get size(): number {
    return [...this.#partitions.values()].reduce((sum, records) => sum + records.length, 0);
  }

  /** The last record of each partition. */
  get ends(): LogRecord[] {
    return [...this.#partitions.values()].map((records) => records.at(-1)!);
  }

  /**
   * What became of the broadcasts of producers' runs, which come one after the other in each environment and count from
   * 1.
   *
   * @param said environment -> the last sequence of each run that its producer said to be in the log.
   */
  judgeRuns(said: Record<string, number[]>): Faults {
    const sequences = this.#sequences();
    return total(
      Object.entries(said).flatMap(([environment, lasts]) => {
        const runs = splitRuns(sequences.get(environment) ?? [], lasts.length);
        // What the producer did not live to hear of may be in the log, too, and then all before it is.
        return lasts.map((last, index) => compare(upTo(Math.max(last, ...(runs[index] ?? []))), runs[index] ?? []));
      }),
    );
  }

  /**
   * What a client lost, doubled or showed in a wrong order, from its first message to the log's end, but for what it
   * was told to be missing.
   */
  judge({ stretches }: Pick<Watcher, 'stretches'>): Faults {
    const partitions = [...this.#partitions];
    return total(
      stretches.flatMap((stretch) => {
        const isLast = stretch === stretches.at(-1);
        const foreign = { lost: this.#foreign(stretch), doubled: 0, disordered: 0 };
        return [foreign, ...partitions.map((partition) => compare(...this.#sides(stretch, partition, isLast)))];
      }),
    );
  }

  /** The offsets of a partition that a stretch should have, and those that it has. */
  #sides(
    { from, shown }: Stretch,
    [partition, records]: [number, LogRecord[]],
    isLast: boolean,
  ): [expected: number[], actual: number[]] {
    const actual = shown.filter((message) => message.partition === partition).map(({ offset }) => offset);
    const first = from[partition] ?? 0;
    const last = isLast ? Infinity : Math.max(-1, ...actual.slice(-1));
    const expected = records.map(({ offset }) => offset).filter((offset) => offset >= first && offset <= last);
    return [expected, actual];
  }

  /** How many messages are not what the log has at their place. */
  #foreign({ shown }: Stretch): number {
    return shown.filter((message) => !this.#has(message)).length;
  }

  #has({ partition, offset, timestamp }: Message): boolean {
    const records = this.#partitions.get(partition) ?? [];
    return records[offset - (records[0]?.offset ?? 0)]?.timestamp === timestamp;
  }

  #sequences(): Map<string, number[]> {
    const broadcasts = [...this.#partitions.values()].flat().map(({ value }) => decodeBroadcast(value) as Broadcast);
    const byEnvironment = Map.groupBy(broadcasts, ({ environment }) => environment);
    return new Map(
      byEnvironment.entries().map(([environment, said]) => [environment, said.map(({ sequence }) => sequence)]),
    );
  }
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/**
 * Cuts sequences where they begin anew, into as many runs as there were; a 1 that is too many is a double in the last
 * of them.
 */
function splitRuns(sequences: number[], count: number): number[][] {
  const runs: number[][] = [];
  for (const sequence of sequences) {
    if (runs.length === 0 || (sequence === 1 && runs.length < count)) runs.push([]);
    runs.at(-1)!.push(sequence);
  }
  return runs;
}
