import { expect, it } from 'vitest';
import { isLoopback } from './loopback.ts';

it.each([
  'localhost',
  'localhost:8003',
  'LocalHost:8003',
  'localhost.',
  'dev.localhost',
  'A.B.LOCALHOST:443',
  '127.0.0.1',
  '127.0.0.1:8003',
  '127.255.255.254',
  '127.1',
  '[::1]',
  '[::1]:8003',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
])('takes %s for the machine of whoever asks', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each([
  'hello.test',
  'hello.test:8003',
  'localhost.test',
  'notlocalhost',
  'localhost-prod',
  '127.0.0.1.test',
  '126.255.255.255',
  '128.0.0.1',
  '0.0.0.0',
  '192.168.1.7:8003',
  '[::]',
  '[::2]',
  '[fe80::1]:8003',
  '[::ffff:192.168.1.7]',
])('takes %s for another', (host) => {
  expect(isLoopback(host)).toBe(false);
});

it.each(['', ':8003', 'a b', '[::1', 'localhost:99999', 'user@localhost', 'localhost/path', 'localhost,hello.test'])(
  'says nothing of "%s", which is no host',
  (host) => {
    expect(isLoopback(host)).toBeUndefined();
  },
);
