import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prettyJson } from './json.ts';

describe('JSON', () => {
  it('is set out as everybody does it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const expected = typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : undefined;
        expect(prettyJson(JSON.stringify(value))).toBe(expected);
        expect(prettyJson(expected ?? '')).toBe(expected);
      }),
    );
  });

  it('keeps what a program would change: long numbers, fields that come twice, escapes', () => {
    const text = '{ "id":12345678901234567890,"a":1.0,\r\n"a": "\\u0041 \\" {x: [1, 2]}" ,"b":[ ] }';
    const lines = [
      '{',
      '  "id": 12345678901234567890,',
      '  "a": 1.0,',
      '  "a": "\\u0041 \\" {x: [1, 2]}",',
      '  "b": []',
      '}',
    ];
    expect(prettyJson(text)).toBe(lines.join('\n'));
  });

  it('may have very long texts in it', () => {
    for (const text of ['x'.repeat(2_000_000), '\n"\\'.repeat(500_000)])
      expect(prettyJson(JSON.stringify({ text }))).toBe(JSON.stringify({ text }, null, 2));
  });

  it('that is none, or too deep to be set out, stays as it is', () => {
    for (const text of ['', 'Hello', '{', '[1,]', '7', '"x"', 'null', '{a: 1}'])
      expect(prettyJson(text)).toBeUndefined();
    expect(prettyJson('['.repeat(100) + ']'.repeat(100))).toContain('[]');
    expect(prettyJson('['.repeat(101) + ']'.repeat(101))).toBeUndefined();
    expect(prettyJson('['.repeat(500_000) + ']'.repeat(500_000))).toBeUndefined();
  });
});
