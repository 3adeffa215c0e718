import { describe, expect, it } from 'vitest';
import { isSameOrigin } from './origin.ts';

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
});
