import { EventEmitter } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import { openLogFile } from './embedded-file.ts';
import { EmbeddedTopicLog } from './embedded-topic-log.ts';
import type { Log, TopicLog } from './topic-log.ts';

/**
 * A log in one SQLite file (or in memory), for a process that has no Kafka beside it. Topics have one partition, 0.
 * The file is locked for as long as it is open, so that two processes never append to it.
 */
export class EmbeddedLog implements Log {
  protected readonly database: DatabaseSync;
  readonly #file: string;
  readonly #appended = new EventEmitter().setMaxListeners(0);

  /**
   * @param file where the log is kept; made with its folder if missing. `:memory:` keeps it in memory.
   * @throws {LogInUseError} when another process has the file open.
   * @throws {NotALogError} when the file is damaged, or is something else.
   * @throws with the path and the reason when it cannot be kept there.
   */
  constructor(file: string) {
    this.#file = file;
    this.database = openLogFile(file);
  }

  /** The log of one topic. */
  topic(name: string): TopicLog {
    return new EmbeddedTopicLog(name, this.#file, this.database, this.#appended);
  }

  async close(): Promise<void> {
    if (this.database.isOpen) this.database.close();
  }
}
