import { describe, expect, it } from 'vitest';
import { createTestContext } from '../../../service/testing/context.ts';
import { isSameOrigin, Origins } from './origin.ts';

const host = 'localhost:8003';
const here = `https://${host}`;

describe('isSameOrigin', () => {
  it.each([
    ['a page of this host', { host, origin: here, 'sec-fetch-site': 'same-origin' }],
    ['a form of a page that sends no referrer', { host, origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['somebody who typed the address', { host, 'sec-fetch-site': 'none' }],
    ['a page of this host, in an old browser', { host, origin: here }],
    ['a page of this host on the usual port', { host: 'example.com', origin: 'https://example.com' }],
    ['a program', { host }],
  ])('takes %s', (_, headers) => {
    expect(isSameOrigin(headers)).toBe(true);
  });

  it.each([
    ['a page of another site', { host, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
    [
      'a page of another port of this machine',
      { host, origin: 'http://localhost:8001', 'sec-fetch-site': 'same-site' },
    ],
    ['a page that claims this origin but is of another', { host, origin: here, 'sec-fetch-site': 'cross-site' }],
    ['a word that no browser says', { host, origin: here, 'sec-fetch-site': '' }],
    ['a page of another site, in an old browser', { host, origin: 'https://evil.test' }],
    ['a page of another port, in an old browser', { host, origin: 'https://localhost:8001' }],
    ['a host that begins as this one', { host, origin: 'https://localhost:8003.evil.test' }],
    ['a user that looks as this host', { host, origin: 'https://localhost:8003@evil.test' }],
    ['a page of a file, in an old browser', { host, origin: 'null' }],
    ['an origin that is none', { host, origin: host }],
    ['an origin without a host to compare it with', { origin: here }],
    ['an origin that is none, without a host', { origin: 'null' }],
    ['two origins', { host, origin: `${here}, ${here}` }],
  ])('refuses %s', (_, headers) => {
    expect(isSameOrigin(headers)).toBe(false);
  });

  it.each([
    ['of the public origin, whatever host a proxy asks for', { host: '10.0.0.7:8001', origin: 'https://example.org' }],
    ['of the host that a proxy was asked for', { host, 'x-forwarded-host': 'b.example', origin: 'http://b.example' }],
    ['of the host that was asked for', { host, origin: here }],
    ['on the usual port, which a proxy says', { host: 'b.example:443', origin: 'https://b.example' }],
    ['on the usual port of http', { host: 'b.example:80', origin: 'http://b.example' }],
  ])('takes a page %s', (_, headers) => {
    expect(isSameOrigin(headers, 'https://example.org')).toBe(true);
  });

  it.each([
    ['of the public name by another scheme', { host, origin: 'http://example.org' }],
    ['of the public name at another port', { host, origin: 'https://example.org:8443' }],
    ['below the public name', { host, origin: 'https://evil.example.org' }],
    ['of the host that was not asked for', { host, 'x-forwarded-host': 'b.example', origin: here }],
    ['on another port that is usual elsewhere', { host: 'b.example:80', origin: 'https://b.example' }],
    ['that claims it, but is of another site', { host, origin: 'https://example.org', 'sec-fetch-site': 'cross-site' }],
  ])('refuses a page %s', (_, headers) => {
    expect(isSameOrigin(headers, 'https://example.org')).toBe(false);
  });
});

describe('Origins', () => {
  it('tells the log of each origin once, and of a hundred at most', () => {
    const { logger, lines } = createTestContext();
    const origins = new Origins(undefined, logger);
    const from = (number: number) => ({ host, origin: `https://${number}.evil.test` });
    for (let round = 0; round < 3; round += 1)
      for (let number = 0; number < 120; number += 1) expect(origins.allow(from(number))).toBe(false);
    expect(lines.map(({ origin }) => origin)).toEqual(Array.from({ length: 100 }, (_, number) => from(number).origin));
    expect(lines[0]).toMatchObject({ host, msg: expect.stringContaining('set PUBLIC_URL') });
  });

  it('tells the log of no page that is of this host, and of an endless one only how it begins', () => {
    const { logger, lines } = createTestContext();
    const origins = new Origins(undefined, logger);
    expect(origins.allow({ host, origin: here })).toBe(true);
    expect(origins.allow({ host, origin: `https://${'x'.repeat(10_000)}` })).toBe(false);
    expect(lines.map(({ origin }) => String(origin).length)).toEqual([200]);
  });

  it.each([undefined, 'null'])('has nothing to set up for a form that says of itself %s', (origin) => {
    const { logger } = createTestContext();
    expect(new Origins(undefined, logger).refusal(origin)).toBe('this came from another site');
  });
});
