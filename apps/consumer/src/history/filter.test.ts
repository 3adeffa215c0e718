import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Filter, filterShape, isEverything, matches, nameOf } from './filter.ts';

const read = (query: unknown) => z.strictObject(filterShape).safeParse(query);

describe('a filter', () => {
  it('may have words and a key, of which none is as good as an empty one', () => {
    expect(read({ contains: 'Hello', key: 'a' }).data).toEqual({ contains: 'Hello', key: 'a' });
    expect(isEverything(read({}).data!)).toBe(true);
    expect(isEverything(read({ contains: '', key: '' }).data!)).toBe(true);
    expect(isEverything({ contains: 'a' })).toBe(false);
    expect(isEverything({ key: 'a' })).toBe(false);
  });

  it.each([
    [{ contains: 'a'.repeat(201) }, 'expected at most 200 characters'],
    [{ key: 'a'.repeat(201) }, 'expected at most 200 characters'],
    [{ contains: 7 }, 'expected a text, once'],
    [{ contains: ['a', 'b'] }, 'expected a text, once'],
    [{ key: ['a', 'b'] }, 'expected a text, once'],
  ])('is refused as %j', (query, message) => {
    expect(read(query).error!.issues[0]!.message).toBe(message);
  });

  it('has the same name as those that ask for the same, and as no others', () => {
    expect(nameOf({ contains: 'HELLO' })).toBe(nameOf({ contains: 'hello', key: undefined }));
    const others: Filter[] = [{}, { contains: 'a' }, { key: 'a' }, { key: 'A' }, { contains: 'a', key: 'a' }];
    expect(new Set(others.map(nameOf)).size).toBe(others.length);
  });
});

describe('a message matches', () => {
  it.each([
    ['hello', 'Hello world'],
    ['O W', 'Hello world'],
    ['é', 'CAFÉ'],
    ['straße', 'Hauptstraße'],
    ['k', 'at 300 \u212a'],
    ['\0', 'a\0b'],
    ['"quoted"', 'is "Quoted"'],
  ])('%j when its text is %j', (contains, text) => {
    expect(matches({ contains }, { text })).toBe(true);
  });

  it.each([
    ['worlds', 'Hello world'],
    ['e', 'é'],
    ['hello  world', 'Hello world'],
  ])('%j not when its text is %j', (contains, text) => {
    expect(matches({ contains }, { text })).toBe(false);
  });

  it('a key only when it is the same', () => {
    const keys = ['order-1', 'order-12', 'Order-1', '', null, undefined];
    expect(keys.filter((key) => matches({ key: 'order-1' }, { text: 'a', ...(key !== undefined && { key }) }))).toEqual(
      ['order-1'],
    );
  });

  it('only when it has both that are asked for', () => {
    const filter = { contains: 'hello', key: 'a' };
    expect(matches(filter, { text: 'Hello', key: 'a' })).toBe(true);
    expect(matches(filter, { text: 'Hello', key: 'b' })).toBe(false);
    expect(matches(filter, { text: 'Bye', key: 'a' })).toBe(false);
  });
});
