import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message, messages } from '../../testing/message.ts';
import { Audience, Audiences, LoweredBatch, roomOf, TooManyFiltersError } from './audiences.ts';
import { matches } from '../history/filter.ts';

const TOPIC = 'hello-world';

describe('the messages of a batch for an audience', () => {
  const letters = fc.constantFrom('a', 'A', 'é', 'É', 'ß', 'ẞ', 'K', '\u212a', 'İ', 'i', '\u0000', ' ', '😀');
  const text = (maxLength: number) => fc.array(letters, { maxLength }).map((list) => list.join(''));

  it('are those that match, whatever is looked for', () => {
    const contents = fc.record({ text: text(8), key: fc.constantFrom(null, '', 'a', 'A') });
    const filters = fc.record({ contains: text(2), key: fc.constantFrom(undefined, 'a', 'A', 'b') });
    fc.assert(
      fc.property(fc.array(contents, { maxLength: 20 }), filters, (list, { contains, key }) => {
        const batch = list.map((content, offset) => ({ ...message(offset), ...content }));
        const filter = { contains: contains || undefined, key };
        const audience = new Audience(roomOf(TOPIC, filter), filter);
        expect(audience.matching(new LoweredBatch(batch))).toEqual(batch.filter((each) => matches(filter, each)));
      }),
    );
  });

  it('are none at times, so that it is known how far it is, after 500 that are not for it', () => {
    const audience = new Audience('', { contains: 'TEXT 1000' });
    const choose = (first: number, last: number) => audience.choose(new LoweredBatch(messages(first, last)));
    expect(choose(0, 498)).toBeUndefined();
    expect(choose(499, 499)).toEqual([]);
    expect(choose(500, 998)).toBeUndefined();
    expect(choose(999, 1_001)).toEqual([message(1_000)]);
    expect(choose(1_002, 1_500)).toBeUndefined();
    expect(choose(1_501, 1_501)).toEqual([]);
  });
});

describe('audiences', () => {
  const rooms = (audiences: Audiences, topic = TOPIC) => audiences.of(topic).map(({ room }) => room);

  it('are one for those who watch the same, in upper or lower case, as long as one of them is there', () => {
    const audiences = new Audiences();
    const leave = [{ contains: 'Hello' }, { contains: 'hELLO' }].map((filter) => audiences.add(TOPIC, filter));
    expect(rooms(audiences)).toEqual([roomOf(TOPIC, { contains: 'hello' })]);
    leave[0]!();
    expect(rooms(audiences)).toHaveLength(1);
    leave[1]!();
    expect(rooms(audiences)).toEqual([]);
  });

  it('are others for other topics, words or keys', () => {
    const audiences = new Audiences();
    const filters = [{ contains: 'a' }, { key: 'a' }, { key: 'A' }, { contains: 'a', key: 'a' }];
    for (const filter of filters) audiences.add(TOPIC, filter);
    audiences.add('other', { contains: 'a' });
    expect(new Set(rooms(audiences))).toHaveProperty('size', 4);
    expect(rooms(audiences, 'other')).toEqual([roomOf('other', { contains: 'a' })]);
    expect(rooms(audiences, 'nope')).toEqual([]);
  });

  it('are 200 at most, over all topics, until one of them is gone', () => {
    const audiences = new Audiences();
    const leave = messages(1, 200).map(({ text }, index) =>
      audiences.add(index % 2 === 0 ? TOPIC : 'other', { contains: text }),
    );
    expect(() => audiences.add('third', { contains: 'x' })).toThrow(TooManyFiltersError);
    audiences.add(TOPIC, { contains: 'text 1' });
    leave[1]!();
    audiences.add('third', { contains: 'x' });
    expect(() => audiences.add('third', { contains: 'y' })).toThrow(TooManyFiltersError);
  });
});
