import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox } from './outbox.ts';

/** A receiver that is away until it is told otherwise, and notes what it takes. */
function createReceiver() {
  const receiver = {
    away: false,
    tries: 0,
    taken: [] as number[],
    deliver: async (item: number): Promise<void> => {
      receiver.tries += 1;
      if (receiver.away) throw new Error('away');
      receiver.taken.push(item);
    },
  };
  return receiver;
}

function createOutbox(deliver: (item: number) => Promise<void>, limit = 100) {
  const held: string[] = [];
  const dropped: number[] = [];
  const outbox = new Outbox<number>({
    deliver,
    limit,
    onHeld: (error, size) => held.push(`${error.message}: ${size}`),
    onDropped: (item) => dropped.push(item),
  });
  return { outbox, held, dropped };
}

describe('Outbox', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('delivers at once what is put into it', async () => {
    const receiver = createReceiver();
    const { outbox } = createOutbox(receiver.deliver);
    outbox.put(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(receiver.taken).toEqual([1]);
    expect(outbox.size).toBe(0);
  });

  it('delivers one after the other, in order, and never two at once', async () => {
    const taken: number[] = [];
    let underWay = 0;
    const { outbox } = createOutbox(async (item) => {
      underWay += 1;
      expect(underWay).toBe(1);
      // Later ones are quicker, so that they would overtake if they could.
      await new Promise((resolve) => setTimeout(resolve, 100 - item));
      underWay -= 1;
      taken.push(item);
    });
    const items = Array.from({ length: 20 }, (_, index) => index);
    for (const item of items) outbox.put(item);
    expect(outbox.size).toBe(20);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(taken).toEqual(items);
  });

  it('holds what cannot be delivered, and delivers it in order and once when it can', async () => {
    const receiver = createReceiver();
    const { outbox, held, dropped } = createOutbox(receiver.deliver);
    receiver.away = true;
    for (const item of [1, 2, 3]) outbox.put(item);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(receiver.taken).toEqual([]);
    expect(outbox.size).toBe(3);
    expect(held.slice(0, 2)).toEqual(['away: 3', 'away: 3']);
    expect(outbox.heldForMs).toBe(60_000);

    receiver.away = false;
    outbox.put(4);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(receiver.taken).toEqual([1, 2, 3, 4]);
    expect(outbox.size).toBe(0);
    expect(outbox.heldForMs).toBe(0);
    expect(dropped).toEqual([]);
  });

  it('tries again soon at first, then less often, but every 2 s at least', async () => {
    const receiver = createReceiver();
    const tries: number[] = [];
    const { outbox } = createOutbox(async (item) => {
      tries.push(Date.now());
      await receiver.deliver(item);
    });
    receiver.away = true;
    outbox.put(1);
    await vi.advanceTimersByTimeAsync(10_000);
    const waits = tries.slice(1).map((time, index) => time - tries[index]!);
    expect(waits).toEqual([200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
  });

  it('is as patient with the next trouble as with the first', async () => {
    const receiver = createReceiver();
    const { outbox } = createOutbox(receiver.deliver);
    receiver.away = true;
    outbox.put(1);
    await vi.advanceTimersByTimeAsync(10_000);
    receiver.away = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(receiver.taken).toEqual([1]);

    receiver.away = true;
    outbox.put(2);
    await vi.advanceTimersByTimeAsync(0);
    receiver.away = false;
    await vi.advanceTimersByTimeAsync(200);
    expect(receiver.taken).toEqual([1, 2]);
  });

  it('lets the oldest fall out that is not on its way, when more than the limit are held', async () => {
    const receiver = createReceiver();
    const { outbox, dropped } = createOutbox(receiver.deliver, 3);
    receiver.away = true;
    for (const item of [1, 2, 3, 4, 5]) outbox.put(item);
    expect(outbox.size).toBe(3);
    expect(dropped).toEqual([2, 3]);
    receiver.away = false;
    await vi.advanceTimersByTimeAsync(200);
    expect(receiver.taken).toEqual([1, 4, 5]);
  });

  it('holds the one on its way when it may hold one only', async () => {
    const receiver = createReceiver();
    const { outbox, dropped } = createOutbox(receiver.deliver, 1);
    for (const item of [1, 2]) outbox.put(item);
    await vi.advanceTimersByTimeAsync(0);
    expect(receiver.taken).toEqual([1]);
    expect(dropped).toEqual([2]);
  });

  describe('when it is closed', () => {
    it('waits for what is on its way and delivers the rest', async () => {
      const receiver = createReceiver();
      const { outbox } = createOutbox(async (item) => {
        await new Promise((resolve) => setTimeout(resolve, 400));
        await receiver.deliver(item);
      });
      for (const item of [1, 2]) outbox.put(item);
      const closed = outbox.close(1_000);
      await vi.advanceTimersByTimeAsync(799);
      expect(receiver.taken).toEqual([1]);
      await vi.advanceTimersByTimeAsync(1);
      expect(await closed).toEqual([]);
      expect(receiver.taken).toEqual([1, 2]);
    });

    it('gives back what is not delivered in time, and delivers none of it but what is on its way', async () => {
      const receiver = createReceiver();
      const hanging = Promise.withResolvers<void>();
      const { outbox } = createOutbox(async (item) => {
        await hanging.promise;
        await receiver.deliver(item);
      });
      for (const item of [1, 2, 3]) outbox.put(item);
      let isClosed = false;
      const closed = outbox.close(1_000).finally(() => (isClosed = true));
      await vi.advanceTimersByTimeAsync(999);
      expect(isClosed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await closed).toEqual([1, 2, 3]);
      hanging.resolve();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(receiver.taken).toEqual([1]);
    });

    it('tries what is held once more, without waiting for its turn', async () => {
      const receiver = createReceiver();
      const { outbox } = createOutbox(receiver.deliver);
      receiver.away = true;
      for (const item of [1, 2]) outbox.put(item);
      await vi.advanceTimersByTimeAsync(5_000);
      receiver.away = false;
      expect(await outbox.close(1_000)).toEqual([]);
      expect(receiver.taken).toEqual([1, 2]);
    });

    it('gives back what cannot be delivered, oldest first, after one more try', async () => {
      const receiver = createReceiver();
      const { outbox, held } = createOutbox(receiver.deliver);
      receiver.away = true;
      for (const item of [1, 2]) outbox.put(item);
      await vi.advanceTimersByTimeAsync(300);
      const { tries } = receiver;
      expect(await outbox.close(1_000)).toEqual([1, 2]);
      expect(receiver.tries).toBe(tries + 1);
      expect(held).toHaveLength(tries);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(receiver.tries).toBe(tries + 1);
    });

    it('has nothing to give back when it is empty', async () => {
      expect(await createOutbox(createReceiver().deliver).outbox.close(1_000)).toEqual([]);
    });
  });
});
