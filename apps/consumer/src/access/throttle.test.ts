import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Throttle } from './throttle.ts';

const HOUR_MS = 3_600_000;

let throttle: Throttle;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  throttle = new Throttle();
});
afterEach(() => void vi.useRealTimers());

let number = 0;
const another = () => `another-${(number += 1)}`;
const passSeconds = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

/** Tries an account from an address that nobody else has. */
const tryAccount = (account = 'alice') => throttle.attempt(account, another());
/** Tries, from an address, an account that nobody else tries. */
const tryFrom = (address = '10.0.0.1') => throttle.attempt(another(), address);

async function repeat(times: number, attempt: () => Promise<number>): Promise<number[]> {
  const waits: number[] = [];
  for (let time = 0; time < times; time += 1) waits.push(await attempt());
  return waits;
}

describe('Throttle', () => {
  it.each([
    ['account', 5, () => tryAccount()],
    ['address', 50, () => tryFrom()],
  ])(
    'lets some wrong tries at an %s cost nothing (%i), and each further one a longer pause, up to 5 minutes',
    async (_, free, attempt) => {
      expect(await repeat(free, attempt)).toEqual(Array.from({ length: free }, () => 0));
      for (const pause of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
        expect(await attempt()).toBe(0);
        expect(await attempt()).toBe(pause);
        passSeconds(pause - 0.001);
        expect(await attempt()).toBe(1);
        passSeconds(0.001);
      }
    },
  );

  it('does not lengthen a pause for those who try again in it', async () => {
    await repeat(6, tryAccount);
    await repeat(100, tryAccount);
    passSeconds(1);
    expect(await repeat(2, tryAccount)).toEqual([0, 2]);
  });

  it.each([
    ['account', 6, () => tryAccount()],
    ['address', 51, () => tryFrom()],
  ])('lets no more tries at an %s through at once than one after the other (%i)', async (_, through, attempt) => {
    const waits = await Promise.all(Array.from({ length: 200 }, () => attempt()));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(through);
    passSeconds(1);
    const more = await Promise.all(Array.from({ length: 200 }, () => attempt()));
    expect(more.filter((wait) => wait === 0)).toHaveLength(1);
  });

  it('slows down neither other accounts nor other addresses', async () => {
    for (let time = 0; time < 80; time += 1) await throttle.attempt('alice', '10.0.0.1');
    expect(await throttle.attempt('alice', '10.0.0.1')).toBeGreaterThan(0);
    expect(await throttle.attempt('bob', '10.0.0.2')).toBe(0);
  });

  it('does not count tries at an account in its pause against the address', async () => {
    await repeat(6, tryAccount);
    await repeat(80, () => throttle.attempt('alice', '10.0.0.1'));
    expect(await repeat(51, tryFrom)).toEqual(Array.from({ length: 51 }, () => 0));
    passSeconds(1);
    await throttle.attempt('alice', another());
    expect(await throttle.attempt('alice', '10.0.0.1')).toBe(2);
    expect(await repeat(2, tryFrom)).toEqual([0, 2]);
  });

  it('forgets the wrong tries at an account whose owner came in', async () => {
    await repeat(6, tryAccount);
    await throttle.succeeded('alice', another());
    expect(await repeat(7, tryAccount)).toEqual([0, 0, 0, 0, 0, 0, 1]);
  });

  it('forgets but one try of an address from where somebody came in, who may guess at others', async () => {
    await repeat(50, tryFrom);
    await throttle.succeeded('alice', '10.0.0.1');
    expect(await repeat(3, tryFrom)).toEqual([0, 0, 1]);
  });

  it('forgets wrong tries after an hour', async () => {
    await repeat(6, tryAccount);
    vi.advanceTimersByTime(HOUR_MS);
    expect(await repeat(7, tryAccount)).toEqual([0, 0, 0, 0, 0, 0, 1]);
  });

  it('takes an account and an address of one name for two', async () => {
    await repeat(52, tryFrom);
    expect(await tryAccount('10.0.0.1')).toBe(0);
  });
});
