import { Socket } from 'node:net';
import type { Log, LogBatch, LogRecord, TopicLog } from '@hello/broadcasts';
import { epoch } from './clock.ts';

/** When a consumer had a record, by `epoch`, and when it sent it on. */
export interface Stages {
  offset: number;
  readAt: number;
  /** When it was written to the first socket, and to the last; not a number where it was not. */
  sentAt: number;
  writtenAt: number;
}

/** How a batch of messages begins on its way to a client, after the four bytes that the frame has before it. */
const BATCH = Buffer.from('42["messages"');
const FRAME_HEAD = 4;

/** Notes how records pass through the consumer of this process, from where they are read to the sockets. */
export class StageNotes {
  readonly #stages: Stages[] = [];
  /** The first one that may still be written to more sockets. */
  #open = 0;

  constructor() {
    const note = (): void => this.#noteWritten();
    // eslint-disable-next-line typescript/unbound-method -- it is called with its socket
    const { write } = Socket.prototype;
    Socket.prototype.write = function (this: Socket, ...args: Parameters<typeof write>) {
      const taken = write.apply(this, args);
      if (isBatch(args[0])) note();
      return taken;
    } as typeof write;
  }

  get stages(): Stages[] {
    return this.#stages;
  }

  /** The same log, of which it is noted when a record comes. */
  watch(log: Log): Log {
    const note = (records: LogRecord[]): void => this.#noteRead(records);
    return {
      topic(name): TopicLog {
        const topicLog = log.topic(name);
        return {
          topic: name,
          system: topicLog.system,
          ensure: (settings) => topicLog.ensure(settings),
          append: (record) => topicLog.append(record),
          listOffsets: () => topicLog.listOffsets(),
          async *read(options): AsyncGenerator<LogBatch> {
            for await (const batch of topicLog.read(options)) {
              note(batch.records);
              yield batch;
            }
          },
        };
      },
      close: () => log.close(),
    };
  }

  #noteRead(records: LogRecord[]): void {
    while (this.#open < this.#stages.length && !Number.isNaN(this.#stages[this.#open]!.sentAt)) this.#open += 1;
    const readAt = epoch();
    for (const { offset } of records) {
      this.#stages.push({ offset, readAt, sentAt: Number.NaN, writtenAt: Number.NaN });
    }
  }

  #noteWritten(): void {
    const now = epoch();
    for (let index = this.#open; index < this.#stages.length; index += 1) {
      const stage = this.#stages[index]!;
      if (Number.isNaN(stage.sentAt)) stage.sentAt = now;
      stage.writtenAt = now;
    }
  }
}

function isBatch(chunk: unknown): boolean {
  return (
    Buffer.isBuffer(chunk) &&
    chunk.length > FRAME_HEAD + BATCH.length &&
    BATCH.equals(chunk.subarray(FRAME_HEAD, FRAME_HEAD + BATCH.length))
  );
}
