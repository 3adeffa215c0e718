// Loaded before a service, so that it says what it takes.
import { answer } from '../answer.ts';
import { Stretches } from '../stretches.ts';
import { ownUsage } from '../usage.ts';

const stretches = new Stretches();
const calls = {
  usage: ownUsage,
  watch: (): void => stretches.reset(),
  stretch: () => stretches.longest(),
};

export type PreloadCalls = typeof calls;

answer(calls);
