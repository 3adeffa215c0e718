import { answer } from '../answer.ts';
import { Probe, type Probed } from './probe.ts';

let probe: Probe;

const calls = {
  start(url: string): void {
    probe = new Probe(url);
  },
  finish: (): Promise<Probed> => probe.finish(),
};

export type ProbeCalls = typeof calls;

answer(calls);
