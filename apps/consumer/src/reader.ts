import { earliest, type LogRecord, type PartitionEnds, type TopicLog } from '@hello/broadcasts';
import type { ServiceContext } from '@hello/service';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReaderMetrics } from './metrics.ts';
import type { History } from './history.ts';
import { type Message, toMessage } from './message.ts';

const RETRY_MS = 500;
/** How often it is looked whether what is still to be read is there at all, in milliseconds. */
const LOOK_MS = 1_000;

interface ReaderOptions {
  topicLog: TopicLog;
  history: History;
  metrics: ReaderMetrics;
  logger: ServiceContext['logger'];
  /** Told of messages that are new in the history; `afterGap` when some before them will never come. */
  onMessages: (topic: string, messages: Message[], afterGap: boolean) => void;
  /** Told when the topic was created anew; its history is empty by then. */
  onRestarted: (topic: string) => void;
  onCaughtUp: () => void;
}

/** Reads one whole topic into the history, from its beginning. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #unreadableKinds = new Set<string>();
  #startEnds: PartitionEnds[] | undefined;
  #caughtUp = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get topic(): string {
    return this.#options.topicLog.topic;
  }

  /** Whether everything is read that the topic had when reading began. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Reads until the signal aborts. Rejects when the history cannot be written. */
  async run(signal: AbortSignal): Promise<void> {
    const { topicLog, history } = this.#options;
    this.#startEnds = await this.#endsWhenTheLogAnswers(signal);
    if (!this.#startEnds) return;
    this.#checkCaughtUp();
    void this.#forgetWhatIsGone(signal);
    for await (const { records, restarted } of topicLog.read({ from: earliest(), signal })) {
      if (restarted) {
        history.clear(this.topic);
        this.#options.onRestarted(this.topic);
        // What the topic of before had will never be read.
        if (!this.#caughtUp) this.#startEnds = await this.#endsWhenTheLogAnswers(signal);
        this.#checkCaughtUp();
        continue;
      }
      const messages = records.map((record) => toMessage(record, (error) => this.#noteUnreadable(error, record)));
      const gaps = await this.#gapsBefore(records);
      for (const { partition, offset } of gaps) history.markGap(this.topic, partition, offset);
      const added = history.insert(this.topic, messages);
      this.#options.metrics.records.inc({ topic: this.topic }, added.length);
      this.#options.onMessages(this.topic, added, gaps.length > 0);
      this.#checkCaughtUp();
    }
  }

  async #endsWhenTheLogAnswers(signal: AbortSignal): Promise<PartitionEnds[] | undefined> {
    const { topicLog, logger } = this.#options;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        return await topicLog.describe();
      } catch (error) {
        logger[tries === 1 ? 'warn' : 'debug'](
          { topic: this.topic, reason: (error as Error).message },
          'the log does not answer',
        );
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
    return undefined;
  }

  /**
   * While it catches up: what retention took meanwhile, or went with its topic, will never be read, so it must not be waited for.
   * Whoever starts the producer only once this is ready would wait for ever.
   */
  async #forgetWhatIsGone(signal: AbortSignal): Promise<void> {
    while (!this.#caughtUp) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      const startEnds = this.#startEnds;
      // A log that does not answer is not trusted.
      const ends = await this.#options.topicLog.describe().catch(() => undefined);
      if (signal.aborted) return;
      // If reading starts over meanwhile, the answer is of the topic of before.
      if (!ends || startEnds !== this.#startEnds) continue;
      const now = new Map(ends.map((end) => [end.partition, end]));
      this.#startEnds = startEnds?.flatMap(({ partition, low, high }) => {
        const end = now.get(partition);
        return end ? [{ partition, low: Math.max(low, end.low), high: Math.min(high, end.high) }] : [];
      });
      this.#checkCaughtUp();
    }
  }

  /** Those of the records before which the log lost some that were never read, because its retention was faster. */
  async #gapsBefore(records: LogRecord[]): Promise<LogRecord[]> {
    const { topicLog, history, logger } = this.#options;
    const positions = history.positions(this.topic);
    const nextOf = ({ partition }: LogRecord): number => positions.get(partition)?.next ?? Infinity;
    const firsts = [...Map.groupBy(records, ({ partition }) => partition).values()].map(([first]) => first!);
    const jumps = firsts.filter((first) => first.offset > nextOf(first));
    if (jumps.length === 0) return [];
    // Offsets may be missing for other reasons, such as the marks of transactions. A log that does not answer is not trusted.
    const ends = await topicLog.describe().catch(() => []);
    const lows = new Map(ends.map(({ partition, low }) => [partition, low]));
    const gaps = jumps.filter((first) => (lows.get(first.partition) ?? Infinity) > nextOf(first));
    for (const { partition, offset } of gaps) {
      const missing = offset - positions.get(partition)!.next;
      logger.warn({ topic: this.topic, partition, offset, missing }, 'retention took records before they were read');
    }
    return gaps;
  }

  #checkCaughtUp(): void {
    if (this.#caughtUp || !this.#startEnds) return;
    const positions = this.#options.history.positions(this.topic);
    const behind = this.#startEnds.some(
      ({ partition, low, high }) => high > low && !positions.passed({ partition, offset: high - 1 }),
    );
    if (behind) return;
    this.#caughtUp = true;
    this.#options.onCaughtUp();
  }

  #noteUnreadable(
    { kind, message }: { kind: string; message: string },
    { partition, offset }: { partition: number; offset: number },
  ): void {
    const { metrics, logger } = this.#options;
    metrics.unreadable.inc({ topic: this.topic, kind });
    if (this.#unreadableKinds.has(kind)) return;
    this.#unreadableKinds.add(kind);
    logger.warn(
      { topic: this.topic, partition, offset, kind, reason: message },
      'unreadable record; further ones of this kind are only counted',
    );
  }
}
