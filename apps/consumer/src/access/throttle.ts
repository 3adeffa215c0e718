import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Wrong tries that cost nothing: people mistype. An address is many people: behind a router, a proxy, or the port of a
 * node.
 */
const FREE = { account: 5, address: 50 };
/** Time after the first wrong try after which all of them are forgotten, in seconds. */
const FORGET_S = 3600;
const LONGEST_S = 300;

/**
 * Slows down whoever guesses passwords: after some wrong tries at an account, or from an address, each further one has
 * to wait twice as long as the one before, from 1 s to 5 min.
 */
export class Throttle {
  readonly #tries = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: FORGET_S });
  readonly #pauses = new RateLimiterMemory({ points: 1, duration: FORGET_S });

  /**
   * Takes a try, which counts as a wrong one until `succeeded` says otherwise, so that many at once count, too.
   *
   * @returns how many seconds to wait instead, 0 to go on.
   */
  async attempt(account: string, address: string): Promise<number> {
    const addressWait = await this.#take('address', address);
    if (addressWait > 0) return addressWait;
    const accountWait = await this.#take('account', account);
    if (accountWait > 0) await this.#giveBack('address', address);
    return accountWait;
  }

  /**
   * Forgets the tries at an account whose owner came in. Of those from the address only this one: it may guess at
   * others.
   */
  async succeeded(account: string, address: string): Promise<void> {
    await Promise.all([this.#tries, this.#pauses].map((limiter) => limiter.delete(`account ${account}`)));
    await this.#tries.reward(`address ${address}`);
  }

  async #take(kind: keyof typeof FREE, name: string): Promise<number> {
    const key = `${kind} ${name}`;
    const { consumedPoints } = await this.#tries.penalty(key);
    const beyond = consumedPoints - FREE[kind] - 1;
    if (beyond < 0) return 0;
    try {
      await this.#pauses.consume(key, 1, { customDuration: Math.min(2 ** beyond, LONGEST_S) });
      return 0;
    } catch (pause) {
      await this.#tries.reward(key);
      return Math.ceil((pause as RateLimiterRes).msBeforeNext / 1000);
    }
  }

  /** What was not tried in the end was not wrong, and asks for no pause. */
  async #giveBack(kind: keyof typeof FREE, name: string): Promise<void> {
    const key = `${kind} ${name}`;
    await Promise.all([this.#tries.reward(key), this.#pauses.delete(key)]);
  }
}
