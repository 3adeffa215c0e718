import { describe, expect, it } from 'vitest';
import { publicUrl } from './public-url.ts';

describe('publicUrl', () => {
  it.each([
    ['https://example.org', 'https://example.org', '/'],
    ['https://example.org/', 'https://example.org', '/'],
    ['https://example.org/hello', 'https://example.org', '/hello/'],
    ['https://example.org/a/b-c_d.e~f/', 'https://example.org', '/a/b-c_d.e~f/'],
    ['HTTPS://Example.org:443/Hello', 'https://example.org', '/Hello/'],
    ['http://localhost:8080', 'http://localhost:8080', '/'],
    ['http://192.168.1.7/hello', 'http://192.168.1.7', '/hello/'],
    ['http://[::1]:8080/', 'http://[::1]:8080', '/'],
    ['https://bücher.example', 'https://xn--bcher-kva.example', '/'],
    ['/', undefined, '/'],
    ['/hello', undefined, '/hello/'],
    ['/a/b/', undefined, '/a/b/'],
  ])('reads %s', (given, origin, basePath) => {
    expect(publicUrl.parse(given)).toEqual({ origin, basePath });
  });

  it.each([
    'example.org',
    'example.org/hello',
    'hello',
    '//example.org/hello',
    '/hello//',
    '/hello world',
    '/hello?x',
    '/hello#x',
    'https://',
    'ws://example.org',
    'file:///hello',
    'https://*.example.org',
    'https://me:secret@example.org',
    'https://example.org/?x',
    'https://example.org/#x',
    'https://example.org/a b',
    'https://example.org/%2f',
    'https://example.org//',
    'https://a.example,https://b.example',
  ])('refuses %s', (given) => {
    expect(publicUrl.safeParse(given).error!.issues.map(({ message }) => message)).toEqual([
      'expected the URL of the page, such as https://example.org/hello/, or its path alone, such as /hello/, of letters, digits, dots and dashes',
    ]);
  });
});
