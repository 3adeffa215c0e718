import { randomBytes } from 'node:crypto';
import { parseSetCookie } from 'cookie';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from './accounts.ts';
import type { SessionKey } from './session-keys.ts';
import { Sessions } from './sessions.ts';

const MINUTE_MS = 60_000;
const IDLE_MS = 30 * MINUTE_MS;
const MAX_MS = 12 * 60 * MINUTE_MS;
const alice: Account = { name: 'alice', topics: ['hello-world'], credential: 'abc123' };
const newKey = (id: string): SessionKey => ({ id, secret: randomBytes(64) });

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const passTime = (ms: number) => vi.advanceTimersByTime(ms);

function create({ keys = [newKey('one')], environment = 'prod', idleMs = IDLE_MS, maxMs = MAX_MS } = {}) {
  return { keys, sessions: new Sessions({ environment, keys: () => keys, idleMs, maxMs }) };
}

/** What a browser sends back for a Set-Cookie. */
const sentBack = (setCookie: string) => setCookie.split(';')[0]!;
const tokenOf = (setCookie: string) => sentBack(setCookie).split('=')[1]!;
const cookieOf = (token: string) => `__Host-session-prod=${token}`;

async function signIn(sessions: Sessions) {
  const setCookie = await sessions.start(alice);
  const cookie = sentBack(setCookie);
  return { setCookie, cookie, session: (await sessions.read(cookie))! };
}

describe('a session', () => {
  it('is known by its cookie, among others', async () => {
    const { sessions } = create();
    const now = Date.now();
    const { cookie } = await signIn(sessions);
    expect(await sessions.read(`theme=dark; ${cookie}; __Host-session-dev=x`)).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      account: 'alice',
      credential: 'abc123',
      signedInAt: now,
      issuedAt: now,
      expiresAt: now + IDLE_MS,
      keyId: expect.any(String),
    });
  });

  it('is another one each time', async () => {
    const { sessions } = create();
    expect((await signIn(sessions)).session.id).not.toBe((await signIn(sessions)).session.id);
  });

  it('is in a cookie that no script sees, that travels encrypted only, and to this host only', async () => {
    const { setCookie } = await signIn(create().sessions);
    expect(parseSetCookie(setCookie)).toEqual({
      name: '__Host-session-prod',
      value: expect.any(String),
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      path: '/',
      expires: new Date(Date.now() + IDLE_MS),
    });
  });

  it('has a cookie whose name is one, whatever the environment is called', async () => {
    const { sessions } = create({ environment: 'Käte’s; Path=/x' });
    const { setCookie, session } = await signIn(sessions);
    expect(setCookie).toMatch(/^__Host-session-KtesPathx=/);
    expect(session.account).toBe('alice');
  });

  it('is nothing where there is no cookie', async () => {
    const { sessions } = create();
    for (const cookies of [undefined, '', 'theme=dark', cookieOf(''), cookieOf('x'), ';=;', cookieOf('a.b.c')]) {
      expect(await sessions.read(cookies)).toBeUndefined();
    }
  });
});

describe('the end of a session', () => {
  it('comes when it was not used for a while', async () => {
    const { sessions } = create();
    const { cookie, session } = await signIn(sessions);
    passTime(IDLE_MS - 1);
    expect(await sessions.read(cookie)).toBeDefined();
    expect(sessions.isOver(session)).toBe(false);
    passTime(1);
    expect(await sessions.read(cookie)).toBeUndefined();
    expect(sessions.isOver(session)).toBe(true);
  });

  it('is put off when it is used, but not within the first minute', async () => {
    const { sessions } = create();
    const { session } = await signIn(sessions);
    passTime(MINUTE_MS - 1);
    expect(await sessions.renew(session)).toBeUndefined();
    passTime(1);
    const renewed = sentBack((await sessions.renew(session))!);
    passTime(IDLE_MS - 1);
    expect(await sessions.read(renewed)).toMatchObject({ id: session.id, signedInAt: session.signedInAt });
    passTime(1);
    expect(await sessions.read(renewed)).toBeUndefined();
  });

  it('is put off also where sessions are shorter than that', async () => {
    const { sessions } = create({ idleMs: MINUTE_MS / 2 });
    let { session } = await signIn(sessions);
    for (let use = 0; use < 5; use += 1) {
      passTime(MINUTE_MS / 3);
      session = (await sessions.read(sentBack((await sessions.renew(session))!)))!;
    }
    expect(sessions.isOver(session)).toBe(false);
  });

  it('comes in any case in the end', async () => {
    const { sessions } = create();
    const { session } = await signIn(sessions);
    let current = session;
    for (let minute = 0; minute < 12 * 60 - 10; minute += 10) {
      passTime(10 * MINUTE_MS);
      current = (await sessions.read(sentBack((await sessions.renew(current))!)))!;
    }
    expect(current.expiresAt).toBe(session.signedInAt + MAX_MS);
    const last = (await sessions.renew({ ...current, issuedAt: 0 }))!;
    expect(parseSetCookie(last).expires).toEqual(new Date(session.signedInAt + MAX_MS));
    passTime(10 * MINUTE_MS);
    expect(await sessions.read(sentBack(last))).toBeUndefined();
  });

  it('comes at once when somebody signs out, for what was renewed, too, and takes the cookie away', async () => {
    const { sessions } = create();
    const { cookie, session } = await signIn(sessions);
    const other = await signIn(sessions);
    passTime(MINUTE_MS);
    const renewed = sentBack((await sessions.renew(session))!);
    expect(parseSetCookie(sessions.end(session))).toMatchObject({
      name: '__Host-session-prod',
      value: '',
      path: '/',
      secure: true,
      expires: new Date(Date.now()),
    });
    for (const old of [cookie, renewed]) expect(await sessions.read(old)).toBeUndefined();
    expect(sessions.isOver(session)).toBe(true);
    expect(await sessions.read(other.cookie)).toBeDefined();
  });

  it('is remembered until the session would have ended in any case, and no longer', async () => {
    const { sessions } = create();
    const { session } = await signIn(sessions);
    const forever = { ...session, signedInAt: Infinity, expiresAt: Infinity };
    sessions.end(session);
    passTime(MAX_MS);
    sessions.end((await signIn(sessions)).session);
    expect(sessions.isOver(forever)).toBe(true);
    passTime(1);
    sessions.end((await signIn(sessions)).session);
    expect(sessions.isOver(forever)).toBe(false);
  });
});

describe('a session at two replicas', () => {
  function createReplicas() {
    const { keys, sessions } = create();
    return [sessions, create({ keys }).sessions] as const;
  }
  const renew = async (sessions: Sessions, cookie: string) =>
    sentBack((await sessions.renew((await sessions.read(cookie))!))!);

  it('lasts as long as the later of their renewals says', async () => {
    const [one, two] = createReplicas();
    const { cookie } = await signIn(one);
    passTime(MINUTE_MS);
    const byOne = await renew(one, cookie);
    passTime(IDLE_MS - MINUTE_MS);
    const byTwo = await renew(two, byOne);
    passTime(IDLE_MS - 1);
    for (const replica of [one, two]) expect(await replica.read(byTwo)).toMatchObject({ account: 'alice' });
    passTime(1);
    for (const replica of [one, two]) expect(await replica.read(byTwo)).toBeUndefined();
  });

  it('lasts as long when the earlier renewal comes to a replica after the later one', async () => {
    const [one, two] = createReplicas();
    const { cookie } = await signIn(one);
    passTime(MINUTE_MS);
    const earlier = await renew(two, cookie);
    passTime(MINUTE_MS);
    const later = await renew(one, cookie);
    const session = (await one.read(earlier))!;
    passTime(IDLE_MS - 1);
    expect(one.isOver(session)).toBe(false);
    expect(await one.read(later)).toBeDefined();
  });

  it('keeps what it has open at one when the other renewed it, once its new cookie is seen', async () => {
    const [one, two] = createReplicas();
    const { cookie, session } = await signIn(one);
    passTime(IDLE_MS - 1);
    await one.read(await renew(two, cookie));
    passTime(1);
    expect(one.isOver(session)).toBe(false);
    passTime(IDLE_MS - 1_000);
    expect(one.isOver(session)).toBe(true);
  });

  it('stays over where it was ended, whatever the other renews', async () => {
    const [one, two] = createReplicas();
    const { cookie, session } = await signIn(one);
    passTime(MINUTE_MS);
    one.end(session);
    const renewed = await renew(two, cookie);
    expect(await one.read(renewed)).toBeUndefined();
    expect(one.isOver(session)).toBe(true);
    expect(await one.renew(session)).toBeUndefined();
  });
});

describe('the keys of sessions', () => {
  it('are changed without an end to the sessions of the old one, until it is taken away', async () => {
    const [old, fresh] = [newKey('old'), newKey('new')];
    const { sessions, keys } = create({ keys: [old] });
    const before = await signIn(sessions);
    keys.unshift(fresh);
    const after = await signIn(sessions);
    expect(await sessions.read(before.cookie)).toBeDefined();
    keys.pop();
    expect(await sessions.read(before.cookie)).toBeUndefined();
    expect(await sessions.read(after.cookie)).toBeDefined();
  });

  it('are the first one for what is renewed', async () => {
    const { sessions, keys } = create();
    const { session } = await signIn(sessions);
    keys.unshift(newKey('new'));
    passTime(MINUTE_MS);
    const renewed = sentBack((await sessions.renew(session))!);
    keys.pop();
    expect(await sessions.read(renewed)).toMatchObject({ id: session.id });
  });
});

describe('a forged session', () => {
  const key = newKey('one');
  const { sessions } = create({ keys: [key] });
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (changes: object = {}) => ({
    iss: 'hello-world',
    aud: 'prod',
    sub: 'alice',
    sid: '01234567-89ab-4def-8123-456789abcdef',
    credential: 'abc123',
    auth_time: now(),
    iat: now(),
    exp: now() + 60,
    ...changes,
  });
  const sign = (payload: object, header: object = {}, secret: Uint8Array = key.secret) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'HS256', kid: 'one', ...header }).sign(secret);
  const read = (token: string) => sessions.read(cookieOf(token));

  it('is told from a true one', async () => {
    expect(await read(await sign(claims()))).toMatchObject({ account: 'alice' });
  });

  it.each([
    ['another issuer', { iss: 'other' }],
    ['no issuer', { iss: undefined }],
    ['another environment', { aud: 'dev' }],
    ['no environment', { aud: undefined }],
    ['no account', { sub: undefined }],
    ['an account that is no text', { sub: { name: 'alice' } }],
    ['no name of its own', { sid: undefined }],
    ['no credential', { credential: undefined }],
    ['no moment of its start', { auth_time: undefined }],
    ['no end', { exp: undefined }],
    ['an end that was', { exp: 1_799_999_999 }],
    ['an end that is no number', { exp: '9999999999' }],
    ['a start that is to come', { nbf: 1_900_000_000 }],
  ])('is nothing: with %s, though signed', async (_, changes) => {
    expect(await read(await sign(claims(changes)))).toBeUndefined();
  });

  it('is nothing: with another key, or of another name, or without a name', async () => {
    expect(await read(await sign(claims(), {}, randomBytes(64)))).toBeUndefined();
    expect(await read(await sign(claims(), { kid: 'two' }))).toBeUndefined();
    expect(await read(await sign(claims(), { kid: undefined }))).toBeUndefined();
  });

  it('is nothing: with another algorithm, though with the right key, or with none', async () => {
    expect(await read(await sign(claims(), { alg: 'HS512' }))).toBeUndefined();
    expect(await read(new UnsecuredJWT(claims()).encode())).toBeUndefined();
    const [, payload, signature] = (await sign(claims())).split('.');
    const none = Buffer.from('{"alg":"none","kid":"one"}').toString('base64url');
    for (const end of ['', signature]) expect(await read(`${none}.${payload}.${end}`)).toBeUndefined();
  });

  it('is nothing: with any letter changed', async () => {
    const token = tokenOf(await sessions.start(alice));
    // The last letter of a signature has bits that say nothing.
    for (let place = 0; place < token.length - 1; place += 1) {
      const letter = token[place] === 'A' ? 'B' : 'A';
      expect(await read(token.slice(0, place) + letter + token.slice(place + 1))).toBeUndefined();
    }
  });

  it('is nothing: with the claims of another', async () => {
    const [header, , signature] = tokenOf(await sessions.start(alice)).split('.');
    const payload = Buffer.from(JSON.stringify(claims({ sub: 'admin' }))).toString('base64url');
    expect(await read(`${header}.${payload}.${signature}`)).toBeUndefined();
  });

  it('is nothing: of another environment with the same keys', async () => {
    const dev = create({ keys: [key], environment: 'dev' }).sessions;
    const token = tokenOf(await dev.start(alice));
    expect(decodeJwt(token)).toMatchObject({ aud: 'dev' });
    expect(await read(token)).toBeUndefined();
  });
});
