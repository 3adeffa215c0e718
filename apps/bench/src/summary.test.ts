import { expect, it } from 'vitest';
import { faultsOf, type Outcome, summaryOf } from './summary.ts';

const lost = { what: 'messages lost', bound: 'at most', wanted: 0, measured: 0, unit: '', vital: true } as const;
const slow = { what: 'pages', bound: 'at least', wanted: 2_000, measured: 1_500, unit: '/s' } as const;
const outcome = (change: Partial<Outcome> = {}): Outcome => ({
  goals: [
    { suite: 'fanout', goal: lost },
    { suite: 'history', goal: slow },
  ],
  missing: [],
  contradictions: [],
  failed: [],
  ...change,
});

it('names at the end what was not met, which is no fault', () => {
  const summary = summaryOf(outcome({ contradictions: ['history: pages: NOT MET, and met in the run before'] }));
  expect(summary.join('\n')).toMatch(/history: pages +at least 2,000 \/s +1,500 \/s +NOT MET, 25 % below/);
  expect(summary.at(-2)).toBe('OTHERWISE: history: pages: NOT MET, and met in the run before');
  expect(summary.at(-1)).toBe('1 of 2 goals met, 0 at the edge');
  expect(faultsOf(outcome())).toEqual([]);
});

it('names in its last lines what makes the run fail', () => {
  const broken = outcome({
    goals: [{ suite: 'fanout', goal: { ...lost, measured: 3 } }],
    missing: [{ suite: 'fanout', reason: '100 clients of ours, round 2: ended:\n  no memory' }],
    failed: [{ suite: 'start', reason: 'no answer' }],
  });
  const faults = ['FAILED: start: no answer', 'BROKEN: fanout: messages lost: 3, wanted is at most 0'];
  expect(faultsOf(broken)).toEqual(faults);
  const [missing, count, ...rest] = summaryOf(broken).slice(-4);
  expect(missing).toBe('MISSING: fanout: 100 clients of ours, round 2: ended: no memory');
  expect(count).toBe('0 of 1 goals met, 0 at the edge');
  expect(rest).toEqual(faults);
});
