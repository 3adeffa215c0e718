import { describe, expect, it, vi } from 'vitest';
import { firstOf } from './first-of.ts';

const never = new Promise<never>(() => {});
const fails = (message: string) => async (): Promise<never> => {
  throw new Error(message);
};
const OPTIONS = { nextMs: 1, isFinal: (error: unknown) => (error as Error).message === 'final' };

describe('firstOf', () => {
  it('asks one only, when that one succeeds', async () => {
    const second = vi.fn<() => Promise<number>>(async () => 2);
    expect(await firstOf([async () => 1, second], { ...OPTIONS, nextMs: 10_000 })).toBe(1);
    expect(second).not.toHaveBeenCalled();
  });

  it('goes on at once when one fails', async () => {
    expect(await firstOf([fails('a'), fails('b'), async () => 3], { ...OPTIONS, nextMs: 10_000 })).toBe(3);
  });

  it('goes on when one takes long, and still takes its success', async () => {
    expect(await firstOf([() => never, async () => 2], OPTIONS)).toBe(2);
    const first = Promise.withResolvers<number>();
    const second = async (): Promise<never> => {
      first.resolve(1);
      return never;
    };
    expect(await firstOf([() => first.promise, second], OPTIONS)).toBe(1);
  });

  it('starts none any more once one has succeeded, though another fails later', async () => {
    const first = Promise.withResolvers<number>();
    const third = vi.fn<() => Promise<number>>(async () => 3);
    expect(await firstOf([() => first.promise, async () => 2, third], OPTIONS)).toBe(2);
    first.reject(new Error('late'));
    await vi.waitFor(() => expect(first.promise).rejects.toThrow('late'));
    expect(third).not.toHaveBeenCalled();
  });

  it('fails with the first failure when all fail', async () => {
    await expect(firstOf([fails('a'), fails('b')], OPTIONS)).rejects.toThrow('a');
  });

  it('fails at once when one fails for good', async () => {
    const third = vi.fn<() => Promise<number>>(async () => 3);
    const attempts = [fails('a'), fails('final'), third];
    await expect(firstOf<number>(attempts, { ...OPTIONS, nextMs: 10_000 })).rejects.toThrow('final');
    expect(third).not.toHaveBeenCalled();
  });
});
