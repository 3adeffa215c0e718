import { createLogger, createRegistry, type ServiceContext } from '../src/index.ts';

/** A line of the log. */
export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export const WARN = 40;
export const ERROR = 50;

/** What a service's parts share, with a log that is kept in `lines`. */
export function createTestContext(): ServiceContext & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const stream = { write: (line: string) => lines.push(JSON.parse(line) as LogLine) };
  const logger = createLogger({ name: 'test', level: 'debug' }, { stream, isTTY: false });
  return { name: 'test', logger, registry: createRegistry(), lines };
}
