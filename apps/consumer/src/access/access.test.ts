import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Access } from './access.ts';
import type { Account } from './accounts.ts';
import { type Session, Sessions } from './sessions.ts';

const TOPICS = ['hello-world', 'news', 'sport'];

class MemoryAccounts extends Map<string, Account> {
  add(name: string, topics: string[], credential = 'first'): Account {
    const account = { name, topics, credential };
    this.set(name, account);
    return account;
  }
  find = (name: string) => this.get(name);
}

function create() {
  const accounts = new MemoryAccounts();
  const key = { id: 'one', secret: randomBytes(32) };
  const sessions = new Sessions({ environment: 'test', keys: () => [key], idleMs: 60_000, maxMs: 600_000 });
  const access = new Access({ topics: TOPICS, accounts, sessions });
  const cookieOf = async (account: Account) => (await sessions.start(account)).split(';')[0]!;
  const enter = async (account: Account) => (await access.viewerOf(await cookieOf(account)))!;
  return { accounts, sessions, access, cookieOf, enter };
}

const endings: [string, (all: ReturnType<typeof create>, session: Session) => void][] = [
  ['is removed', ({ accounts }) => accounts.delete('alice')],
  ['has a new password', ({ accounts }) => accounts.add('alice', TOPICS, 'second')],
  ['signs out', ({ sessions }, session) => sessions.end(session)],
];

describe('Access without accounts', () => {
  it('lets anybody see everything that there is, and nothing else', async () => {
    const access = new Access({ topics: TOPICS });
    expect(access.isOpen).toBe(true);
    for (const cookies of [undefined, 'anything']) {
      const viewer = (await access.viewerOf(cookies))!;
      expect(access.isWelcome(viewer)).toBe(true);
      expect(access.topicsOf(viewer)).toEqual(TOPICS);
      expect(access.maySee(viewer, 'news')).toBe(true);
      expect(access.maySee(viewer, 'other')).toBe(false);
    }
  });
});

describe('Access with accounts', () => {
  it('lets somebody see the topics granted that there are, in the order of all', async () => {
    const { access, accounts, enter } = create();
    expect(access.isOpen).toBe(false);
    const viewer = await enter(accounts.add('alice', ['sport', 'other', 'hello-world']));
    expect(viewer.session!.account).toBe('alice');
    expect(access.topicsOf(viewer)).toEqual(['hello-world', 'sport']);
    expect(TOPICS.concat('other').filter((topic) => access.maySee(viewer, topic))).toEqual(['hello-world', 'sport']);
  });

  it('lets somebody in who may see nothing yet', async () => {
    const { access, accounts, enter } = create();
    const viewer = await enter(accounts.add('alice', []));
    expect(access.isWelcome(viewer)).toBe(true);
    expect(access.topicsOf(viewer)).toEqual([]);
  });

  it('lets nobody in without a session', async () => {
    const { access } = create();
    expect(await access.viewerOf(undefined)).toBeUndefined();
    expect(await access.viewerOf('__Host-session-test=x')).toBeUndefined();
    expect(access.isWelcome({})).toBe(false);
    expect(access.topicsOf({})).toEqual([]);
    expect(access.maySee({}, 'hello-world')).toBe(false);
  });

  it('follows grants at once', async () => {
    const { access, accounts, enter } = create();
    const viewer = await enter(accounts.add('alice', ['news']));
    accounts.add('alice', ['sport']);
    expect(access.topicsOf(viewer)).toEqual(['sport']);
    expect(access.maySee(viewer, 'news')).toBe(false);
    expect(access.isWelcome(viewer)).toBe(true);
  });

  it.each(endings)('lets nobody see anything who %s, neither with what is open nor anew', async (_, end) => {
    const all = create();
    const { access, accounts, cookieOf } = all;
    const bob = (await access.viewerOf(await cookieOf(accounts.add('bob', TOPICS))))!;
    const cookie = await cookieOf(accounts.add('alice', TOPICS));
    const alice = (await access.viewerOf(cookie))!;
    end(all, alice.session!);
    expect(access.isWelcome(alice)).toBe(false);
    expect(access.topicsOf(alice)).toEqual([]);
    expect(await access.viewerOf(cookie)).toBeUndefined();
    expect(access.topicsOf(bob)).toEqual(TOPICS);
  });
});
