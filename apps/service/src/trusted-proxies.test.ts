import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.ts';

/** What is left of the X-Forwarded-* headers of a request from an address. */
function sift(proxies: string[], remoteAddress: string | undefined, headers: Record<string, string>) {
  const request = { headers: { host: 'upstream', ...headers }, socket: { remoteAddress } };
  new TrustedProxies(proxies).sift(request as unknown as IncomingMessage);
  const { host, ...left } = request.headers;
  expect(host).toBe('upstream');
  return left;
}

const said = { 'x-forwarded-for': '9.9.9.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'example.org' };

describe('TrustedProxies', () => {
  it.each([
    ['an address', ['10.0.0.7'], '10.0.0.7'],
    ['a range', ['10.0.0.0/8'], '10.200.0.1'],
    ['one of several', ['192.168.0.1', '10.0.0.0/8'], '10.0.0.7'],
    ['IPv6', ['fd00::/8'], 'fd12::1'],
    ['an IPv4 address as an IPv6 socket has it', ['10.0.0.7'], '::ffff:10.0.0.7'],
  ])('believe a proxy that is named: %s', (_, proxies, address) => {
    expect(sift(proxies, address, said)).toEqual(said);
  });

  it.each([
    ['none is named', [], '127.0.0.1'],
    ['another is named', ['10.0.0.7'], '10.0.0.8'],
    ['it is beside the range', ['10.0.0.0/9'], '10.200.0.1'],
    ['the socket is closed by now', ['127.0.0.1'], undefined],
  ])('believe nobody when %s', (_, proxies, address) => {
    expect(sift(proxies, address, said)).toEqual({});
  });

  it.each([
    ['what whoever asked made up', '6.6.6.6, 9.9.9.9', '9.9.9.9'],
    ['proxies before this one', '9.9.9.9, 10.0.0.8', '9.9.9.9'],
    ['what was made up before proxies', '6.6.6.6, 9.9.9.9, 10.0.0.8', '9.9.9.9'],
    ['proxies alone', '10.0.0.9, 10.0.0.8', '10.0.0.9'],
  ])('find the address nearest to them that is no proxy: %s', (_, list, expected) => {
    expect(sift(['10.0.0.0/8'], '10.0.0.7', { 'x-forwarded-for': list })).toEqual({ 'x-forwarded-for': expected });
  });

  it('take the last word on scheme and host, which is that of the proxy', () => {
    const headers = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'evil.test,example.org' };
    expect(sift(['10.0.0.7'], '10.0.0.7', headers)).toEqual({
      'x-forwarded-for': '10.0.0.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'example.org',
    });
  });

  it('take nothing for no word', () => {
    expect(sift(['10.0.0.7'], '10.0.0.7', { 'x-forwarded-host': '' })).toEqual({ 'x-forwarded-for': '10.0.0.7' });
  });
});
