import { type DestinationStream, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type { Logger } from 'pino';

/** What a person at a terminal is not shown: a broadcast is one readable line. */
const FOR_MACHINES = 'pid,hostname,partition,offset,sequence,nextInMs';

/** Where log lines go: a stream, and whether a person reads it. */
export interface LogDestination {
  stream: DestinationStream;
  isTTY: boolean;
}

const stdout: LogDestination = {
  stream: { write: (line) => process.stdout.write(line) },
  isTTY: process.stdout.isTTY,
};

/** A logger to standard output: readable lines on a terminal, otherwise one JSON object a line. */
export function createLogger(
  { name, level }: { name: string; level: string },
  { stream, isTTY } = stdout,
): pino.Logger {
  if (!isTTY) return pino({ name, level }, stream);
  const toReadable = prettyFactory({ ignore: FOR_MACHINES, translateTime: 'SYS:HH:MM:ss', singleLine: true });
  return pino({ level }, { write: (line) => stream.write(toReadable(line)) });
}
