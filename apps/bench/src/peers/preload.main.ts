// Loaded before a service, so that it says what it takes.
import { answer } from '../answer.ts';
import { ownUsage } from '../usage.ts';

const calls = { usage: ownUsage };

export type PreloadCalls = typeof calls;

answer(calls);
