import type { Positions } from './positions.ts';

/** Whose clock a timestamp is of: that of who made the record (CreateTime), or of the log (LogAppendTime). */
export type TimestampType = 'create' | 'append';

/** A record as it stands in the log. (topic, partition, offset) is its identity. */
export interface LogRecord {
  topic: string;
  partition: number;
  /**
   * Counts from 0 in each partition. Offsets rise, but some may be missing (retention, compaction, control records of
   * transactions).
   */
  offset: number;
  /**
   * Milliseconds since the Unix epoch, as the record has it. Whoever made it can have put anything there, such as -1.
   */
  timestamp: number;
  timestampType: TimestampType;
  key: Uint8Array | null;
  /** In their order; a name may come more than once. Of more than 1,000 only the first. */
  headers: [name: string, value: Uint8Array | null][];
  value: Uint8Array | null;
  /** Bytes of the whole value, where `value` is only its beginning because it is too large. */
  valueSize?: number;
  /** Why nothing but its place is known of it, in words, where that is so. */
  unreadable?: string;
}

/** A record on its way to the log. Records with the same key keep their order. */
export interface OutgoingRecord {
  key: string;
  value: Uint8Array | null;
  /** Name -> text. */
  headers?: Record<string, string>;
}

/** Where an appended record went. */
export interface Appended {
  partition: number;
  offset: number;
  /** Milliseconds since the Unix epoch. */
  timestamp: number;
}

/** Where one partition begins and ends: records can be read at `low` <= offset < `high`. */
export interface PartitionOffsets {
  partition: number;
  /** The beginning offset: that of the first record that is left, or would be. */
  low: number;
  /**
   * The end offset: that of the record which comes next. Kafka's is the last stable offset, which is the high watermark
   * unless a transaction is open: then it is where that began.
   */
  high: number;
}

/**
 * How far a partition was read, whatever stood there: offsets may carry no record. With its offsets at that time, so
 * that the lag is `high - next`.
 */
export interface PartitionProgress extends PartitionOffsets {
  /** The fetch position: the offset that is read next. */
  next: number;
}

/** Records of one topic in the order of the log, each partition in itself. */
export interface LogBatch {
  records: LogRecord[];
  /** Of each partition that was looked at, also where no record was. */
  progress: PartitionProgress[];
  /**
   * The topic was deleted and created again (or its log was cut back): every offset that was read before means nothing
   * now, and reading starts over from the earliest record. Such a batch has no records and no progress.
   */
  restarted: boolean;
}

/** What a topic should be like. */
export interface TopicSettings {
  partitions: number;
  /** The replication factor: how many brokers hold each partition. */
  replication: number;
  /** How long the log keeps a record, in milliseconds. -1 keeps it for ever. */
  retentionMs: number;
  /**
   * How many bytes Kafka keeps of each partition; the oldest go first. -1, or none, is no bound, which the embedded log
   * never has.
   */
  retentionBytes?: number;
}

/** A topic as an append-only log. The port that both adapters, Kafka and the embedded log, implement. */
export interface TopicLog {
  readonly topic: string;
  /** What keeps it, in a word. */
  readonly system: 'kafka' | 'embedded';

  /**
   * Makes sure that the topic exists and is as the settings say. Safe to repeat; never deletes a record or a partition.
   * Answers with what could not be made so, in words; an empty list when all is well.
   */
  ensure(settings: TopicSettings): Promise<string[]>;

  /**
   * Appends one record and waits until the log has it safe. After a rejection the caller may append the same record
   * again: an adapter whose log did take it the first time does not store it twice, as long as nothing else was
   * appended between.
   */
  append(record: OutgoingRecord): Promise<Appended>;

  /**
   * Reads from the given positions on (the earliest record where there is none), then waits for more, until the signal
   * aborts. A topic that does not exist yet is waited for. A log that is away is waited for.
   */
  read(options: { from: Positions; signal: AbortSignal }): AsyncIterable<LogBatch>;

  /** Those of every partition, in order; none when the topic does not exist. Rejects when the log cannot be asked. */
  listOffsets(): Promise<PartitionOffsets[]>;
}

/** A log of several topics: Kafka, or the embedded one. */
export interface Log {
  topic(name: string): TopicLog;
  /** Ends what the topics hold open. Readers end by their own signal, which comes first. */
  close(): Promise<void>;
}
