import { answer } from '../answer.ts';
import { storm } from './storm.ts';

const calls = { storm };

export type StormCalls = typeof calls;

answer(calls);
