import { answer } from '../answer.ts';
import { type Exported, type ExportFormat, exportAgain } from './export.ts';

const FORMATS: ExportFormat[] = ['csv', 'ndjson'];

let exports: Promise<Exported>[] = [];
let stop = new AbortController();

const calls = {
  /** Begins so many downloads of all rows, in both formats in turn, each again when it ended. */
  start({ port, topic, count }: { port: number; topic: string; count: number }): void {
    stop = new AbortController();
    exports = Array.from({ length: count }, (_, index) =>
      exportAgain({ port, topic, format: FORMATS[index % FORMATS.length]! }, stop.signal),
    );
    // Told when it is asked for what they brought.
    for (const each of exports) each.catch(() => {});
  },
  /** Ends them, and answers with what they brought together. */
  async finish(): Promise<Exported> {
    stop.abort();
    const all = await Promise.all(exports);
    const sum = (figure: keyof Exported): number => all.reduce((total, exported) => total + exported[figure], 0);
    return { rows: sum('rows'), whole: sum('whole'), holes: sum('holes') };
  },
};

export type ExportsCalls = typeof calls;

answer(calls);
