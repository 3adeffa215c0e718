import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { message } from '../../testing/message.ts';
import { toEntries } from './entry.ts';
import { knowFields } from './fields.ts';
import { sheetOfEntry, sheetOfMessage } from './sheet.ts';

const MEMBERS = [
  ...Object.keys(message(0)),
  ...[
    'unreadable',
    'hex',
    'truncated',
    'size',
    'value',
    'timestampType',
    'keyHex',
    'headers',
    'readAt',
    'dueAt',
    'trace',
  ],
];

it('is made of whatever a server says of a message', () => {
  knowFields(['text', 'environment', 'sequence', 'sentAt', 'nextInMs', 'dueAt']);
  const odd = fc.dictionary(
    fc.constantFrom(...MEMBERS),
    fc.oneof(fc.jsonValue(), fc.double(), fc.constant([['name', { hex: '00' }]])),
  );
  fc.assert(
    fc.property(odd, odd, (row, whole) => {
      const [entry] = toEntries({ messages: [{ ...message(0), ...row }], older: null }, 0);
      for (const { text, remark, hex, facts, moments, value } of [
        sheetOfEntry(entry!),
        sheetOfMessage({ ...message(0), ...whole }, entry!),
      ]) {
        for (const said of [text, remark, hex, value]) expect(said === null || typeof said === 'string').toBe(true);
        for (const fact of facts) expect(fact.map((part) => typeof part)).toEqual(['string', 'string']);
        for (const moment of Object.values(moments)) expect(moment === null || Number.isFinite(moment)).toBe(true);
      }
    }),
  );
});

it('has the id of the trace, and says where nobody records it', () => {
  const [entry] = toEntries({ messages: [message(0)], older: null }, 0);
  const shown = (trace: unknown) =>
    sheetOfMessage({ ...message(0), trace }, entry!).facts.find(([name]) => name === 'trace');
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  expect(shown({ id, sampled: true })).toEqual(['trace', id]);
  expect(shown({ id, sampled: false })).toEqual(['trace', `${id}, which is not recorded`]);
  expect(shown(null)).toBeUndefined();
  expect(shown(undefined)).toBeUndefined();
});
