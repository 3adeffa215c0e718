import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Frame, FrameReader } from './kafka-frames.ts';

function encode({ correlationId, payload }: Frame): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + payload.length, 0);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, payload]);
}

const FRAME = fc.record({
  correlationId: fc.nat(),
  payload: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
});

it('finds responses wherever they are cut', () => {
  fc.assert(
    fc.property(fc.array(FRAME, { minLength: 1 }), fc.array(fc.integer({ min: 1, max: 20 })), (frames, sizes) => {
      const bytes = Buffer.concat(frames.map(encode));
      const reader = new FrameReader();
      const found: Frame[] = [];
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        reader.feed(bytes.subarray(at, at + size));
        for (let frame = reader.next(); frame; frame = reader.next()) found.push(frame);
        at += size;
      }
      expect(found).toEqual(frames);
    }),
  );
});

it.each([
  ['less than its correlation id', 3],
  ['less than nothing', -1],
  ['more than Kafka ever sends', 200 * 1024 * 1024],
])('refuses a response that says that it has %s', (_, size) => {
  const reader = new FrameReader();
  const head = Buffer.alloc(4);
  head.writeInt32BE(size, 0);
  reader.feed(head);
  expect(() => reader.next()).toThrow(RangeError);
});
