import type { Writable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { clientFrame, FrameReader, opcodes } from './frames.ts';

/** The parts of ws that its types keep to themselves. */
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: object) => Writable;
  Sender: { frame(data: Buffer, options: object): Buffer[] };
};

/** Frames as ws sends them from a server. */
function serverFrames(texts: string[]): Buffer {
  const options = { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false };
  return Buffer.concat(texts.flatMap((text) => Sender.frame(Buffer.from(text), options)));
}

function read(chunks: Buffer[]): string[] {
  const texts: string[] = [];
  const reader = new FrameReader((opcode, bytes, start, end) => {
    expect(opcode).toBe(opcodes.text);
    texts.push(bytes.toString('utf8', start, end));
  });
  for (const chunk of chunks) {
    reader.push(chunk);
    // The bytes are of who reads the socket, and are used again.
    chunk.fill(0);
  }
  return texts;
}

describe('FrameReader', () => {
  it('finds every frame, of any length, however the bytes are cut', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.integer({ min: 120, max: 300 }).map((length) => 'x'.repeat(length)),
      fc.integer({ min: 65_500, max: 65_600 }).map((length) => 'y'.repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.nat(70_000), { maxLength: 12 }), (texts, cuts) => {
        const bytes = serverFrames(texts);
        const ends = [...new Set([...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
        const chunks = ends.map((end, index) => Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end)));
        expect(read(chunks)).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });

  it('finds a frame that comes byte by byte', () => {
    const bytes = serverFrames(['one', 'z'.repeat(300)]);
    expect(read(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(['one', 'z'.repeat(300)]);
  });
});

describe('clientFrame', () => {
  it.each([0, 5, 125, 126, 1_000])('makes a frame of %d characters that a server reads', async (length) => {
    const receiver = new Receiver({ isServer: true });
    const heard = new Promise<string>((resolve) => receiver.on('message', (data: Buffer) => resolve(data.toString())));
    receiver.write(clientFrame(opcodes.text, 'a'.repeat(length)));
    expect(await heard).toBe('a'.repeat(length));
  });
});
