import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './server-clock.ts';

const HOUR_MS = 3_600_000;
/** Time that a server takes as one of its round trips, there and back, in milliseconds. */
type Ways = [there: number, back: number];

/**
 * A server whose clock is some time ahead of this one's, over a line that takes the given ways in turn, the last one
 * for ever.
 */
class FakeServer {
  aheadMs = HOUR_MS;
  asked = 0;
  isAway = false;
  ways: Ways[] = [[0, 0]];

  get time(): number {
    return Date.now() + this.aheadMs;
  }

  readonly ask = async (): Promise<number> => {
    this.asked += 1;
    if (this.isAway) throw new Error('away');
    const [there, back] = this.ways.length > 1 ? this.ways.shift()! : this.ways[0]!;
    vi.advanceTimersByTime(there);
    const { time } = this;
    vi.advanceTimersByTime(back);
    return time;
  };
}

/** Lets all that was asked be answered. */
const settle = async () => {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
};

describe("the server's clock", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is the browser’s, until the server tells it', async () => {
    const server = new FakeServer();
    const clock = new ServerClock(server.ask);
    expect(clock.now()).toBe(Date.now());
    clock.hear(server.time);
    expect(clock.now()).toBe(server.time);
    vi.advanceTimersByTime(1_234);
    expect(clock.now()).toBe(server.time);
  });

  it('is taken from the shortest of four round trips', async () => {
    const server = new FakeServer();
    server.ways = [
      [400, 0],
      [5, 15],
      [0, 300],
      [300, 0],
    ];
    const clock = new ServerClock(server.ask);
    clock.hear(server.time - 90);
    await settle();
    expect(server.asked).toBe(4);
    expect(clock.now() - server.time).toBe(-5);
  });

  it('is looked at again after a minute, and follows one that is set back', async () => {
    const server = new FakeServer();
    const clock = new ServerClock(server.ask);
    clock.hear(server.time);
    await settle();
    server.aheadMs = -HOUR_MS;
    vi.advanceTimersByTime(59_999);
    clock.keep();
    expect(server.asked).toBe(4);
    vi.advanceTimersByTime(1);
    clock.keep();
    await settle();
    expect(server.asked).toBe(8);
    expect(clock.now()).toBe(server.time);
  });

  it('goes on when the browser’s is set, and is looked at', async () => {
    const server = new FakeServer();
    const clock = new ServerClock(server.ask);
    clock.hear(server.time);
    await settle();
    vi.advanceTimersByTime(10_000);
    vi.setSystemTime(Date.now() + 2 * HOUR_MS);
    server.aheadMs -= 2 * HOUR_MS;
    expect(clock.now()).toBe(server.time);
    clock.keep();
    await settle();
    expect(server.asked).toBe(8);
    expect(clock.now()).toBe(server.time);
  });

  it('asks at most four times in five seconds, however often it is told', async () => {
    const server = new FakeServer();
    const clock = new ServerClock(server.ask);
    for (let times = 0; times < 49; times += 1) {
      clock.hear(server.time);
      await settle();
      vi.advanceTimersByTime(100);
    }
    expect(server.asked).toBe(4);
    vi.advanceTimersByTime(100);
    clock.hear(server.time);
    await settle();
    expect(server.asked).toBe(8);
  });

  it('keeps what it knows while the server is away, and asks as soon as it is back', async () => {
    const server = new FakeServer();
    const clock = new ServerClock(server.ask);
    clock.hear(server.time);
    await settle();
    server.isAway = true;
    vi.advanceTimersByTime(60_000);
    clock.keep();
    await settle();
    expect(clock.now()).toBe(server.time);
    server.isAway = false;
    server.aheadMs += 50;
    clock.hear(server.time);
    await settle();
    expect(clock.now()).toBe(server.time);
  });

  it('leaves the browser’s in place for a server of before, which tells no time', () => {
    const clock = new ServerClock(new FakeServer().ask);
    clock.hear(undefined);
    expect(clock.now()).toBe(Date.now());
  });
});
