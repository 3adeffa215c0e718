import { expect, it } from 'vitest';
import { type ExportFormat, RowCounter } from './export.ts';

const HEADER = 'topic,partition,offset,timestamp\n';
const csv = (offset: number): string => `hello-world,0,${offset},1000\n`;
const ndjson = (offset: number): string =>
  `{"topic":"hello-world","partition":0,"offset":${offset},"timestamp":1000}\n`;

function count(format: ExportFormat, text: string, length: number): RowCounter {
  const counter = new RowCounter(format);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) counter.push(bytes.subarray(at, at + length));
  return counter;
}

const DOWN = [12, 11, 10, 9, 8, 7, 6];

it.for([1, 7, 60, 10_000])('counts rows of a download that comes in parts of %i bytes', (length) => {
  const inCsv = count('csv', HEADER + DOWN.map(csv).join(''), length);
  expect(inCsv).toMatchObject({ rows: 7, holes: 0, lastOffset: 6 });
  const inNdjson = count('ndjson', DOWN.map(ndjson).join(''), length);
  expect(inNdjson).toMatchObject({ rows: 7, holes: 0, lastOffset: 6 });
});

it('notices a row that is missing, and one that comes twice', () => {
  const missing = [12, 11, 9, 8].map(ndjson).join('');
  expect(count('ndjson', missing, 60)).toMatchObject({ rows: 4, holes: 1 });
  const twice = HEADER + [12, 11, 11, 10].map(csv).join('');
  expect(count('csv', twice, 20)).toMatchObject({ rows: 4, holes: 1 });
});
