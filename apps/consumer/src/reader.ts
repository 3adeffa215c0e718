import { setTimeout as sleep } from 'node:timers/promises';
import { type LogBatch, type LogRecord, type PartitionOffsets, Positions, type TopicLog } from '@hello/broadcasts';
import type { ServiceContext } from '@hello/service';
import {
  type History,
  type HistoryRecord,
  isLarge,
  type Message,
  PART_BYTES,
  toHistoryRecord,
  toMessage,
  UNREADABLE_KINDS,
  type UnreadableKind,
  weightOf,
} from './history/index.ts';
import { type Instant, thisInstant } from './instant.ts';
import type { ReaderMetrics } from './metrics.ts';
import type { WorkQueue } from './work-queue.ts';

const RETRY_MS = 500;
/** How often it is looked whether what is still to be read is there at all, in milliseconds. */
const LOOK_MS = 1_000;
/** What is taken into the history in one go, which takes some milliseconds. */
const SLICE = { records: 500, bytes: 256 * 1024 };

interface ReaderOptions {
  topicLog: TopicLog;
  history: History;
  /** Where all readers take their turns. */
  intake: WorkQueue;
  metrics: ReaderMetrics;
  logger: ServiceContext['logger'];
  /**
   * Told of messages that are new in the history since the topic was loaded, and when the log gave them; `afterGap`
   * when some before them will never come.
   */
  onMessages: (messages: Message[], given: Instant, afterGap: boolean) => void;
  /** Resolves when there is room for more of them, so that they do not pile up. */
  whenDrained: () => Promise<void>;
  /** Told when the topic was created anew; its history is empty by then. */
  onRestarted: (topic: string) => void;
  /** Told once, when the topic is loaded: it was read up to the end offsets that it had when reading began. */
  onLoaded: (topic: string) => void;
}

/** Reads one whole topic into the history, from its beginning. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #unreadableKinds = new Set<UnreadableKind>();
  /** After the records that were read, with their timestamps as they came. */
  readonly #positions = new Positions();
  /** Partition -> the offset that is read next, whatever stood before it. */
  readonly #fetchPositions = new Map<number, number>();
  /** Partition -> its offsets, as the log told them last. */
  readonly #offsets = new Map<number, PartitionOffsets>();
  /** Partition -> the time of its last record, which one that has none of its own gets. */
  readonly #times = new Map<number, number>();
  #offsetsAtStart: PartitionOffsets[] | undefined;
  #isLoaded = false;
  #opened = new AbortController();

  constructor(options: ReaderOptions) {
    this.#options = options;
    const { metrics } = options;
    // A rate is known only of what was 0 before.
    for (const counter of [metrics.records, metrics.bytes]) counter.inc({ topic: this.topic }, 0);
    for (const kind of UNREADABLE_KINDS) metrics.unreadable.inc({ topic: this.topic, kind }, 0);
  }

  get topic(): string {
    return this.#options.topicLog.topic;
  }

  /**
   * Whether the topic is loaded: it was read up to the end offsets that it had when reading began. It stays so, and
   * says nothing of the lag since.
   */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Partition -> the offset that is read next, whatever stood before it. */
  get fetchPositions(): ReadonlyMap<number, number> {
    return this.#fetchPositions;
  }

  /**
   * Partition -> how many offsets there are from where it is read next to its end. At some of them may be no record, as
   * after compaction; where a transaction is open, the partition ends for now.
   */
  get lags(): Map<number, number> {
    const lags = new Map<number, number>();
    for (const { partition, low, high } of this.#offsets.values())
      lags.set(partition, Math.max(0, high - Math.max(low, this.#fetchPositions.get(partition) ?? 0)));
    return lags;
  }

  /** Takes in the offsets of all partitions, of which the log was asked. */
  noteOffsets(offsets: PartitionOffsets[]): void {
    this.#offsets.clear();
    for (const each of offsets) this.#offsets.set(each.partition, each);
  }

  /** Reads until the signal aborts. Rejects when the history cannot be written. */
  async run(signal: AbortSignal): Promise<void> {
    this.#offsetsAtStart = await this.#offsetsWhenTheLogAnswers(signal);
    if (!this.#offsetsAtStart) return;
    this.noteOffsets(this.#offsetsAtStart);
    this.#notePartitions(this.#offsetsAtStart);
    // What was gone before reading began is missing to those who come back, but to nobody who is there.
    for (const { partition, low } of this.#offsetsAtStart) {
      if (low === 0) continue;
      this.#fetchPositions.set(partition, low);
      this.#options.history.markGap(this.topic, partition, low);
    }
    this.#checkLoaded();
    void this.#forgetWhatIsGone(signal);
    while (!signal.aborted) {
      this.#opened = new AbortController();
      const either = AbortSignal.any([signal, this.#opened.signal]);
      for await (const batch of this.#options.topicLog.read({ from: this.#positions.copy(), signal: either }))
        await this.#take(batch, signal);
    }
  }

  /** Gives up how the log is read now, and reads it anew from where it was. */
  reopen(): void {
    this.#opened.abort();
  }

  async #take({ records, progress, restarted }: LogBatch, signal: AbortSignal): Promise<void> {
    if (restarted) return this.#startOver(signal);
    const given = thisInstant();
    this.#noteProgress(progress);
    const gaps = this.#gapsIn(records, progress);
    const { intake, history, metrics } = this.#options;
    for (const { slice, bytes } of slices(records)) {
      const kept = this.#toHistory(slice);
      for (const record of kept) if (isLarge(record)) await this.#keepParts(record);
      if (signal.aborted) return;
      let isOver = await intake.do(() => this.#keep(slice, kept, gaps, given));
      metrics.bytes.inc({ topic: this.topic }, bytes);
      while (isOver && !signal.aborted) isOver = await intake.do(() => history.trim());
      if (!signal.aborted) await this.#options.whenDrained();
    }
    if (gaps.size > 0) this.#keep([], [], gaps, given);
    for (const { partition, next } of progress) this.#fetchPositions.set(partition, next);
    this.#notePartitions(progress);
    this.#checkLoaded();
  }

  /** What was fetched may be older than what the log was asked since. */
  #noteProgress(progress: LogBatch['progress']): void {
    for (const { partition, low, high } of progress) {
      const known = this.#offsets.get(partition);
      this.#offsets.set(partition, { partition, low, high: Math.max(high, known?.high ?? 0) });
    }
  }

  #notePartitions(offsets: PartitionOffsets[]): void {
    this.#options.history.notePartitions(
      this.topic,
      offsets.map(({ partition }) => partition),
    );
  }

  async #startOver(signal: AbortSignal): Promise<void> {
    this.#positions.clear();
    this.#fetchPositions.clear();
    this.#times.clear();
    this.#offsets.clear();
    this.#options.history.clear(this.topic);
    this.#options.onRestarted(this.topic);
    const offsets = await this.#offsetsWhenTheLogAnswers(signal);
    if (!offsets) return;
    this.noteOffsets(offsets);
    this.#notePartitions(offsets);
    // What the topic of before had will never be read.
    if (!this.#isLoaded) this.#offsetsAtStart = offsets;
    this.#checkLoaded();
  }

  /**
   * Takes some records into the history, and the gaps before them, of which none is left. Those who are live are told
   * of them in the same go, so that nobody is told twice. Answers whether the history has more now than it may.
   */
  #keep(slice: LogRecord[], records: HistoryRecord[], gaps: Map<number, number>, given: Instant): boolean {
    const { history, metrics, onMessages } = this.#options;
    const afterGap = gaps.size > 0;
    for (const [partition, offset] of gaps) history.markGap(this.topic, partition, offset);
    gaps.clear();
    // What is read before the topic is loaded may have been there for long: when it was read says nothing of it.
    const added = history.insert(this.topic, records, this.#isLoaded ? Date.now() : null);
    for (const record of lastOfEach(slice).values()) this.#positions.advance(record);
    metrics.records.inc({ topic: this.topic }, added.length);
    if (this.#isLoaded)
      onMessages(
        added.map((record) => this.#toMessage(record)),
        given,
        afterGap,
      );
    return history.trim();
  }

  #toHistory(slice: LogRecord[]): HistoryRecord[] {
    return slice.map((record) => {
      const result = toHistoryRecord(record, this.#times.get(record.partition) ?? 0);
      this.#times.set(record.partition, result.timestamp);
      return result;
    });
  }

  async #keepParts(record: HistoryRecord): Promise<void> {
    const value = record.value!;
    for (let part = 0; part * PART_BYTES < value.length; part += 1) {
      const bytes = value.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      await this.#options.intake.do(() => this.#options.history.addPart(this.topic, record, part, bytes));
    }
  }

  async #offsetsWhenTheLogAnswers(signal: AbortSignal): Promise<PartitionOffsets[] | undefined> {
    const { topicLog, logger } = this.#options;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        return await topicLog.listOffsets();
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
   * Until the topic is loaded: what retention took meanwhile, or went with its topic, will never be read, so it must
   * not be waited for. Whoever starts the producer only once this is ready would wait for ever.
   */
  async #forgetWhatIsGone(signal: AbortSignal): Promise<void> {
    while (!this.#isLoaded) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      const offsetsAtStart = this.#offsetsAtStart;
      // A log that does not answer is not trusted.
      const offsets = await this.#options.topicLog.listOffsets().catch(() => undefined);
      if (signal.aborted) return;
      // If reading starts over meanwhile, the answer is of the topic of before.
      if (!offsets || offsetsAtStart !== this.#offsetsAtStart) continue;
      const now = new Map(offsets.map((each) => [each.partition, each]));
      this.#offsetsAtStart = offsetsAtStart?.flatMap(({ partition, low, high }) => {
        const each = now.get(partition);
        return each ? [{ partition, low: Math.max(low, each.low), high: Math.min(high, each.high) }] : [];
      });
      this.#checkLoaded();
    }
  }

  /**
   * Partition -> where it goes on, of those of which the log lost some that were never read, because its retention was
   * faster. Offsets may be missing for other reasons, such as the control records of transactions.
   */
  #gapsIn(records: LogRecord[], progress: LogBatch['progress']): Map<number, number> {
    const gaps = new Map<number, number>();
    for (const { partition, low, next } of progress) {
      const known = this.#fetchPositions.get(partition) ?? 0;
      if (low <= known) continue;
      const first = records.find((record) => record.partition === partition)?.offset ?? next;
      // What lies between the log's beginning and the first record is no loss; records may also be older than the
      // offsets they came with.
      const offset = Math.min(low, first);
      if (offset <= known) continue;
      gaps.set(partition, offset);
      const missing = offset - known;
      this.#options.logger.warn(
        { topic: this.topic, partition, offset, missing },
        'retention took records before they were read',
      );
    }
    return gaps;
  }

  #checkLoaded(): void {
    if (this.#isLoaded || !this.#offsetsAtStart) return;
    const isBehind = this.#offsetsAtStart.some(
      ({ partition, low, high }) => high > low && (this.#fetchPositions.get(partition) ?? 0) < high,
    );
    if (isBehind) return;
    this.#isLoaded = true;
    this.#options.onLoaded(this.topic);
  }

  #toMessage(record: HistoryRecord): Message {
    return toMessage(record, {
      onUnreadable: (kind, reason) => this.#noteUnreadable(kind, reason, record),
    });
  }

  #noteUnreadable(kind: UnreadableKind, reason: string, { partition, offset }: HistoryRecord): void {
    const { metrics, logger } = this.#options;
    metrics.unreadable.inc({ topic: this.topic, kind });
    if (this.#unreadableKinds.has(kind)) return;
    this.#unreadableKinds.add(kind);
    logger.warn(
      { topic: this.topic, partition, offset, kind, reason },
      'unreadable record; further ones of this kind are only counted',
    );
  }
}

/** Partition -> the last one of its records. */
function lastOfEach(records: LogRecord[]): Map<number, LogRecord> {
  const last = new Map<number, LogRecord>();
  for (const record of records) last.set(record.partition, record);
  return last;
}

/** Cuts records into what is taken in in one go, each with its bytes. */
function* slices(records: LogRecord[]): Generator<{ slice: LogRecord[]; bytes: number }> {
  let start = 0;
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const weight = weightOf(record);
    if (index > start && (index - start === SLICE.records || bytes + weight > SLICE.bytes)) {
      yield { slice: records.slice(start, index), bytes };
      [start, bytes] = [index, 0];
    }
    bytes += weight;
  }
  if (records.length > 0) yield { slice: records.slice(start), bytes };
}
