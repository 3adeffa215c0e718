import { describe, expect, it } from 'vitest';
import { clocksAgree, journey } from './journey.ts';

const KNOWN = { dueAt: 1_000, sentAt: 1_002, appendedAt: 1_007, readAt: 1_010, receivedAt: 1_011.5, shownAt: 1_020 };

describe('the way of a message', () => {
  it('goes from its schedule to this page, each step with its milliseconds', () => {
    const steps = journey(KNOWN);
    expect(steps.map(({ name, ms }) => [name, ms])).toEqual([
      ['due', null],
      ['sent', 2],
      ['appended to the topic', 5],
      ['read by the consumer', 3],
      ['received here', 1.5],
      ['shown here', 8.5],
    ]);
    expect(clocksAgree(steps)).toBe(true);
  });

  it('leaves out what is not known', () => {
    const steps = journey({ ...KNOWN, dueAt: null, appendedAt: null, receivedAt: null, shownAt: null });
    expect(steps).toEqual([
      { name: 'sent', at: 1_002, ms: null },
      { name: 'read by the consumer', at: 1_010, ms: 8 },
    ]);
    const none = { dueAt: null, sentAt: null, appendedAt: null, readAt: null, receivedAt: null, shownAt: null };
    expect(journey(none)).toEqual([]);
  });

  it('tells of clocks that do not agree, but not of times that were rounded', () => {
    const steps = journey({ ...KNOWN, appendedAt: 900 });
    expect(steps.map(({ ms }) => ms)).toEqual([null, 2, -102, 110, 1.5, 8.5]);
    expect(clocksAgree(steps)).toBe(false);
    expect(clocksAgree(journey({ ...KNOWN, receivedAt: 1_009 }))).toBe(true);
    expect(clocksAgree(journey({ ...KNOWN, receivedAt: 1_008.9 }))).toBe(false);
  });
});
