import { type DestinationStream, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type { Logger } from 'pino';

/** What a person at a terminal is not shown: a broadcast is one readable line. */
const FOR_MACHINES = 'pid,hostname,partition,offset,sequence,nextInMs';

const SECRETS = ['cookie', 'set-cookie', 'authorization', 'password'];
const SPELLINGS = [...SECRETS, 'Cookie', 'Set-Cookie', 'Authorization'];
/** As deep as an error with the request and the headers that it is about. */
const DEPTH = 4;
/** What no line ever shows, wherever it is. */
const redact = {
  paths: Array.from({ length: DEPTH }, (_, depth) =>
    SPELLINGS.map((name) => `${'*.'.repeat(depth)}["${name}"]`),
  ).flat(),
  censor: '(secret)',
};

/** What cannot be looked through for secrets, such as bytes, is left out: who logs it has other things to do than to fail. */
const hooks: pino.LoggerOptions['hooks'] = {
  logMethod(args, method) {
    try {
      method.apply(this, args);
    } catch (error) {
      const { err } = Object(args[0]) as { err?: Error };
      const sentence = args.find((each: unknown) => typeof each === 'string');
      method.call(this, { reason: err?.message, leftOut: (error as Error).message }, sentence);
    }
  },
};

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
  if (!isTTY) return pino({ name, level, redact, hooks }, stream);
  const toReadable = prettyFactory({ ignore: FOR_MACHINES, translateTime: 'SYS:HH:MM:ss', singleLine: true });
  return pino({ level, redact, hooks }, { write: (line) => stream.write(toReadable(line)) });
}
