import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CursorError, decodeCursor, encodeCursor } from '../history/cursor.ts';
import { HandshakeError, readHandshake } from '../live/handshake.ts';
import { newKey } from '../../testing/secured.ts';
import { parseSessionKeys } from './session-keys.ts';
import { type Session, Sessions } from './sessions.ts';

const TOPICS = ['hello-world', 'other'];
const RUNS = 20_000;

/** A text that was made of a good one by changing, cutting, doubling or adding some of its characters. */
const mutated = (good: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(good, fc.nat(), fc.nat({ max: 8 }), fc.string({ maxLength: 8, unit: 'binary' }))
    .map(([text, at, length, insert]) => {
      const start = text.length === 0 ? 0 : at % text.length;
      return text.slice(0, start) + insert + text.slice(start + length);
    });

const keyset = fc.record({
  timestamp: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  partition: fc.nat({ max: 999_999_999 }),
  offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.constantFrom('', '.', '..', '\0', '%00'));

describe('a cursor', () => {
  it('comes back as it was, for its topic only', () => {
    fc.assert(
      fc.property(keyset, (place) => {
        const cursor = encodeCursor('hello-world', place);
        expect(decodeCursor('hello-world', cursor)).toEqual(place);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(() => decodeCursor('other', cursor)).toThrow(CursorError);
      }),
      { numRuns: RUNS },
    );
  });

  it('that is none is refused with an error of its own, whatever it is', () => {
    const good = keyset.map((place) => encodeCursor('hello-world', place));
    fc.assert(
      fc.property(fc.oneof(anyText, mutated(good)), (cursor) => {
        const { value, error } = attempt(() => encodeCursor('hello-world', decodeCursor('hello-world', cursor)));
        // A change that takes itself back leaves a good one: then it is the one that stands for its place.
        return value === cursor || (error instanceof CursorError && error.message.length < 400);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a cookie', () => {
  const key = newKey();
  const keys = parseSessionKeys(JSON.stringify({ keys: [key] }));
  const sessions = new Sessions({ environment: 'prod', keys: () => keys, idleMs: 3_600_000, maxMs: 7_200_000 });
  let cookie: string;
  let session: Session;
  beforeAll(async () => {
    cookie = (await sessions.start({ name: 'alice', topics: [], credential: 'abc' })).split(';')[0]!;
    session = (await sessions.read(cookie))!;
  });

  it('that was changed is no session, or just the one that it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constant(undefined).chain(() => mutated(fc.constant(cookie))),
        async (text) => {
          const read = (await sessions.read(text)) ?? session;
          // What is changed before or after the token, such as another cookie, leaves it good.
          expect(read).toEqual(session);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('whose token was changed is none', async () => {
    const [name, token] = cookie.split('=') as [string, string];
    const characters = fc.constantFrom(...'ABCDEFabcdef0123456789-_.'.split(''));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: token.length - 1 }), characters, async (at, character) => {
        const other = token.slice(0, at) + character + token.slice(at + 1);
        fc.pre(!sameBytes(other, token));
        expect(await sessions.read(`${name}=${other}`)).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('that is anything at all does no harm', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (text, value) => {
        expect(await sessions.read(text)).toBeUndefined();
        expect(await sessions.read(`__Host-session-prod=${value}`)).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('with claims of any kind, though well signed, is a session only when all of them are there', async () => {
    const { SignJWT } = await import('jose');
    const claim = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.nat()), fc.object());
    const claims = fc.record({ sid: claim, credential: claim, auth_time: claim, sub: claim }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(claims, async (payload) => {
        const token = await new SignJWT(payload as Record<string, unknown>)
          .setProtectedHeader({ alg: 'HS256', kid: key.kid })
          .setIssuer('hello-world')
          .setAudience('prod')
          .setExpirationTime('1h')
          .sign(keys[0]!.secret);
        expect(await sessions.read(`__Host-session-prod=${token}`)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Whether two tokens are the same but for bits of base64 that carry nothing. */
function sameBytes(a: string, b: string): boolean {
  const bytes = (token: string) => token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
  return bytes(a).join('.') === bytes(b).join('.');
}

describe('a handshake', () => {
  const good = fc.record(
    {
      topic: fc.constantFrom(...TOPICS),
      positions: fc.dictionary(
        fc.nat({ max: 999_999_999 }).map(String),
        fc.record({ next: fc.integer({ min: 1 }), timestamp: fc.nat() }),
      ),
    },
    { requiredKeys: [] },
  );

  it('that is good is read', () => {
    fc.assert(
      fc.property(good, (auth) => {
        const { topic, positions } = readHandshake(auth, TOPICS);
        expect(topic).toBe(auth.topic ?? TOPICS[0]);
        expect(positions?.toJSON() ?? {}).toEqual(auth.positions ?? {});
      }),
      { numRuns: RUNS },
    );
  });

  it('that is anything at all is read or refused with an error of its own, and changes nothing else', () => {
    const strange = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }),
      fc.record({ topic: fc.anything(), positions: fc.anything() }),
      fc.record({ topic: anyText, positions: fc.dictionary(anyText, fc.anything()) }),
      fc.constant(JSON.parse('{"__proto__":{"topic":"other"},"positions":{"__proto__":{"next":1,"timestamp":0}}}')),
      mutated(good.map((auth) => JSON.stringify(auth))).map(parseOrText),
    );
    fc.assert(
      fc.property(strange, (auth) => {
        const { value, error } = attempt(() => readHandshake(auth, TOPICS));
        const untouched = Object.keys(Object.prototype).length === 0 && !('topic' in {}) && !('next' in {});
        const answered = value ? TOPICS.includes(value.topic) : error instanceof HandshakeError;
        return answered && untouched;
      }),
      { numRuns: RUNS },
    );
  });
});

/** What a function gives, or throws. */
function attempt<T>(task: () => T): { value?: T; error?: unknown } {
  try {
    return { value: task() };
  } catch (error) {
    return { error };
  }
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
