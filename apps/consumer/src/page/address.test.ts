import { describe, expect, it } from 'vitest';
import { type Address, addressOf, permalink, readAddress } from './address.ts';

describe('an address', () => {
  it.each<Address>([
    {},
    { topic: 'hello-world' },
    { topic: 'a.b_c', contains: 'red & blue = 100% + é?#/:', key: 'ключ 💚' },
    { topic: 'hello-world', contains: 'x', at: '2026-11-26T14:03:00.000Z' },
    { offset: '12/345' },
    { from: '1764165780000', to: '2026-11-26T14:03:00+01:00' },
  ])('is read as it was written: %j', (address) => {
    const url = new URL(addressOf(address), 'http://site/base/?topic=before');
    expect(url.pathname).toBe('/base/');
    expect(readAddress(url.search)).toEqual(address);
  });

  it('has nothing of what is empty or not its own', () => {
    expect(readAddress('?topic=&contains=&limit=5&at=1')).toEqual({ at: '1' });
    expect(addressOf({ topic: 'a', contains: '' })).toBe('?topic=a');
  });

  it('of a message can be read by people', () => {
    expect(permalink('hello-world', 2, 345)).toBe('?topic=hello-world&offset=2/345');
    expect(addressOf({ at: '2026-11-26T14:03:00Z' })).toBe('?at=2026-11-26T14:03:00Z');
  });
});
