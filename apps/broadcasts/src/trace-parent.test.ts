import { describe, expect, it } from 'vitest';
import { drawTraceParent, findTraceParent, formatTraceParent, isSampled } from './trace-parent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const VALID = `00-${TRACE}-${SPAN}-01`;

const parse = (value: unknown) => findTraceParent([['traceparent', value]]);

describe('findTraceParent', () => {
  it('finds the trace among other headers', () => {
    const found = findTraceParent([
      ['source', 'me'],
      ['traceparent', VALID],
      ['tracestate', 'a=b'],
      ['tracepart', null],
    ]);
    expect(found).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
  });

  it('takes a version that is not known yet for what it knows of it', () => {
    const expected = { traceId: TRACE, spanId: SPAN, traceFlags: 3 };
    expect(parse(`01-${TRACE}-${SPAN}-03`)).toEqual(expected);
    expect(parse(`cc-${TRACE}-${SPAN}-03-what-the-future-brings`)).toEqual(expected);
  });

  it.each([
    ['no header', []],
    ['another spelling of its name', [['Traceparent', VALID]]],
    ['two of them', [['traceparent', VALID], ['traceparent', VALID]]], // prettier-ignore
  ] as [string, [string, string][]][])('finds none where there is %s', (_, headers) => {
    expect(findTraceParent(headers)).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['no value', null],
    ['bytes that are no text', { hex: 'ff' }],
    ['a word', 'hello'],
    ['upper case', VALID.toUpperCase()],
    ['a version that may not be', `ff-${TRACE}-${SPAN}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a trace id that is short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a span id that is long', `00-${TRACE}-${SPAN}0-01`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['flags that are no number', `00-${TRACE}-${SPAN}-0x`],
    ['more than version 00 has', `${VALID}-more`],
    ['a dash at the end', `${VALID}-`],
    ['a line break at the end', `${VALID}\n`],
    ['a space before it', ` ${VALID}`],
    ['more without a dash', `01-${TRACE}-${SPAN}-01more`],
    ['a megabyte', `${VALID}${'-1'.repeat(500_000)}`],
    ['a megabyte of digits', '0'.repeat(1_000_000)],
  ])('takes %s for none', (_, value) => {
    expect(parse(value)).toBeUndefined();
  });
});

describe('formatTraceParent', () => {
  it('writes what is read back as the same', () => {
    for (const traceFlags of [0, 1, 0xff]) {
      const written = formatTraceParent({ traceId: TRACE, spanId: SPAN, traceFlags });
      expect(parse(written)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags });
    }
    expect(formatTraceParent({ traceId: TRACE, spanId: SPAN, traceFlags: 1 })).toBe(VALID);
  });
});

describe('drawTraceParent', () => {
  it('draws a trace that is valid, not sampled, and another one each time', () => {
    const [one, two] = [drawTraceParent(), drawTraceParent()];
    expect(parse(formatTraceParent(one))).toEqual(one);
    expect(isSampled(one)).toBe(false);
    expect(one.traceId).not.toBe(two.traceId);
  });
});

describe('isSampled', () => {
  it('goes by the last bit alone', () => {
    const flags = [0, 1, 2, 3, 0xfe, 0xff];
    const sampled = flags.filter((traceFlags) => isSampled({ traceId: TRACE, spanId: SPAN, traceFlags }));
    expect(sampled).toEqual([1, 3, 0xff]);
  });
});
