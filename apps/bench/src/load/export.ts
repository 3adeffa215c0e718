import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';

export type ExportFormat = 'csv' | 'ndjson';

/** Where a row has its record's offset. */
const OFFSET: Record<ExportFormat, RegExp> = { ndjson: /"offset":(\d+)/, csv: /^[^,]*,\d+,(\d+),/ };
const NEWLINE = 10;

/** What some downloads brought. */
export interface Exported {
  rows: number;
  /** Downloads that came to their end. */
  whole: number;
  /** Parts that did not go on where the one before ended: each a row that is missing, or came twice. */
  holes: number;
}

/** Counts the rows of one download, newest first, and looks whether they follow on each other. */
export class RowCounter {
  rows = 0;
  holes = 0;
  readonly #format: ExportFormat;
  #rest = Buffer.alloc(0);
  #hasHeader: boolean;
  #lastOffset: number | undefined;

  constructor(format: ExportFormat) {
    this.#format = format;
    this.#hasHeader = format === 'csv';
  }

  /** The offset of the last row. */
  get lastOffset(): number | undefined {
    return this.#lastOffset;
  }

  /**
   * Takes a part. Only its last row is read, by which one sees whether there are as many as there should be: all would
   * cost too much.
   */
  push(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let [count, before, end] = [0, 0, 0];
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, end)) {
      [before, end] = [end, at + 1];
      count += 1;
    }
    this.#rest = Buffer.from(bytes.subarray(end));
    if (count > 0) this.#take(count, bytes.toString('utf8', before, end));
  }

  #take(lines: number, last: string): void {
    const rows = this.#hasHeader ? lines - 1 : lines;
    this.#hasHeader = false;
    if (rows === 0) return;
    const offset = Number(OFFSET[this.#format].exec(last)![1]);
    if (this.#lastOffset !== undefined && offset !== this.#lastOffset - rows) this.holes += 1;
    this.#lastOffset = offset;
    this.rows += rows;
  }
}

/** Downloads all rows of a topic, again and again until the signal aborts. */
export async function exportAgain(
  { port, topic, format }: { port: number; topic: string; format: ExportFormat },
  signal: AbortSignal,
): Promise<Exported> {
  const exported = { rows: 0, whole: 0, holes: 0 };
  while (!signal.aborted) {
    const counter = new RowCounter(format);
    const isWhole = await download(
      `http://127.0.0.1:${port}/api/topics/${topic}/messages?format=${format}`,
      counter,
      signal,
    );
    exported.rows += counter.rows;
    exported.holes += counter.holes;
    if (isWhole) exported.whole += 1;
  }
  return exported;
}

/** Answers whether it came to its end. */
async function download(url: string, counter: RowCounter, signal: AbortSignal): Promise<boolean> {
  try {
    const request = get(url, { agent: false, signal });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`${url} is answered with ${response.statusCode}`);
    await pipeline(
      response,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) counter.push(chunk);
      },
      { signal },
    );
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
