import { expect, it } from 'vitest';
import { hexDump } from './hex.ts';

it('shows bytes in lines of 16, with what of them is text', () => {
  const hex = Buffer.from('Hello world, café\n').toString('hex');
  expect(hexDump(hex)).toBe(
    [
      '0000  48 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 63 61 66  Hello world, caf',
      '0010  c3 a9 0a                                         ...',
    ].join('\n'),
  );
  expect(hexDump('')).toBe('');
});
