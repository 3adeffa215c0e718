import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { StartError } from './start-error.ts';

/** How often the files are looked at. Kubernetes replaces them by a link, which not every way to watch a file sees. */
const LOOK_MS = 500;

interface WatchedFilesOptions<T> {
  /** The setting that names the files, for error messages. */
  setting: string;
  paths: string[];
  /**
   * Makes the contents, in the order of the paths, into a value. Throws when they are wrong: then the value stays as it
   * was.
   */
  parse: (contents: string[]) => T;
  logger: Logger;
  /** Told of each new value. */
  onChange?: (value: T) => void;
}

/** Small files that belong together, read at the start and again whenever one of them changes. */
export class WatchedFiles<T> {
  readonly #options: WatchedFilesOptions<T>;
  readonly #timer: NodeJS.Timeout;
  /** What was there at the last look; missing when that failed, so that what comes back is taken anew. */
  #contents: string[] | undefined;
  #value: T;
  #failure: string | undefined;
  #isLooking = false;
  #isClosed = false;

  /** @throws {StartError} when they cannot be read, or are wrong. */
  constructor(options: WatchedFilesOptions<T>) {
    this.#options = options;
    try {
      const contents = options.paths.map((path) => readFileSync(path, 'utf8'));
      this.#value = options.parse(contents);
      this.#contents = contents;
    } catch (error) {
      throw new StartError(`${options.setting}: ${this.#describe(error)}`, { cause: error });
    }
    this.#timer = setInterval(() => void this.#look(), LOOK_MS).unref();
  }

  get value(): T {
    return this.#value;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { paths, parse, logger, onChange } = this.#options;
    let contents: string[] | undefined;
    try {
      contents = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
      if (this.#isClosed || contents.every((content, index) => content === this.#contents?.[index])) return;
      this.#value = parse(contents);
      this.#failure = undefined;
      logger.info({ files: paths }, 'changed files are in force');
      onChange?.(this.#value);
    } catch (error) {
      if (!this.#isClosed) this.#say(this.#describe(error));
    } finally {
      this.#contents = contents;
      this.#isLooking = false;
    }
  }

  /** Says each failure once, not at every look. */
  #say(failure: string): void {
    if (failure === this.#failure) return;
    this.#failure = failure;
    const { setting, paths, logger } = this.#options;
    logger.error({ setting, files: paths, reason: failure }, 'changed files are wrong: what was there stays in force');
  }

  #describe(error: unknown): string {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code && path) return `${path} cannot be read (${code})`;
    return `${this.#options.paths.join(' and ')}: ${message}`;
  }
}
