import type { LogRecord } from '@hello/broadcasts';
import { decodeBroadcast } from '@hello/broadcasts';
import type { Message } from '../../consumer/src/message.ts';
import type { Stretch } from './stretch.ts';
import type { Watcher } from './watcher.ts';

/** What went wrong: three zeros where nothing did. */
export interface Faults {
  lost: number;
  doubled: number;
  disordered: number;
}

const none = (): Faults => ({ lost: 0, doubled: 0, disordered: 0 });

function add(sum: Faults, more: Faults): void {
  sum.lost += more.lost;
  sum.doubled += more.doubled;
  sum.disordered += more.disordered;
}

/**
 * Compares numbers with what they should be, `expected` in rising order: how many are missing, how many are there again, and how
 * many come after a higher one.
 */
export function compare(expected: number[], actual: number[]): Faults {
  const faults = none();
  const seen = new Set<number>();
  let highest = -Infinity;
  for (const number of actual) {
    if (seen.has(number)) faults.doubled += 1;
    else if (number < highest) faults.disordered += 1;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  faults.lost = expected.filter((number) => !seen.has(number)).length;
  return faults;
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
   * What became of the broadcasts of producers' runs, which come one after the other in each environment and count from 1.
   *
   * @param said environment -> the last sequence of each run that its producer said to be in the log.
   */
  judgeRuns(said: Record<string, number[]>): Faults {
    const sum = none();
    const sequences = this.#sequences();
    for (const [environment, lasts] of Object.entries(said)) {
      const runs = splitRuns(sequences.get(environment) ?? [], lasts.length);
      for (const [index, last] of lasts.entries()) {
        const run = runs[index] ?? [];
        // What the producer did not live to hear of may be in the log, too, and then all before it is.
        add(sum, compare(upTo(Math.max(last, ...run)), run));
      }
    }
    return sum;
  }

  /** What a client lost, doubled or showed in a wrong order, from its first message to the log's end, but for what it said to be missing. */
  judge({ stretches }: Pick<Watcher, 'stretches'>): Faults {
    const sum = none();
    for (const stretch of stretches) {
      const isLast = stretch === stretches.at(-1);
      for (const [partition, records] of this.#partitions) {
        add(sum, compare(...this.#sides(stretch, partition, records, isLast)));
      }
      if (isLast) sum.lost += this.#strangers(stretch);
    }
    return sum;
  }

  #sides({ from, shown }: Stretch, partition: number, records: LogRecord[], isLast: boolean): [number[], number[]] {
    const actual = shown.filter((message) => message.partition === partition).map(({ offset }) => offset);
    const first = from[partition] ?? 0;
    const last = isLast ? Infinity : Math.max(-1, ...actual.slice(-1));
    const expected = records.map(({ offset }) => offset).filter((offset) => offset >= first && offset <= last);
    return [expected, actual];
  }

  /** How many messages are not what the log has at their place. */
  #strangers({ shown }: Stretch): number {
    return shown.filter((message) => !this.#has(message)).length;
  }

  #has({ partition, offset, timestamp }: Message): boolean {
    const records = this.#partitions.get(partition) ?? [];
    return records[offset - (records[0]?.offset ?? 0)]?.timestamp === timestamp;
  }

  #sequences(): Map<string, number[]> {
    const broadcasts = [...this.#partitions.values()].flat().map(({ value }) => decodeBroadcast(value));
    const byEnvironment = Map.groupBy(broadcasts, ({ environment }) => environment);
    return new Map(
      byEnvironment.entries().map(([environment, said]) => [environment, said.map(({ sequence }) => sequence)]),
    );
  }
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** Cuts sequences where they begin anew, into as many runs as there were; a 1 that is too many is a double in the last of them. */
function splitRuns(sequences: number[], count: number): number[][] {
  const runs: number[][] = [];
  for (const sequence of sequences) {
    if (runs.length === 0 || (sequence === 1 && runs.length < count)) runs.push([]);
    runs.at(-1)!.push(sequence);
  }
  return runs;
}
