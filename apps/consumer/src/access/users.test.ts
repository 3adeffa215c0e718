import { describe, expect, it } from 'vitest';
import type { User } from './accounts-file.ts';
import { verifyPassword } from './password.ts';
import { addUser, changePassword, describeUsers, grantTopics, removeUser, revokeTopics, UsersError } from './users.ts';

const PASSWORD = 'correct horse battery staple';
const alice: User = { name: 'alice', password: 'a hash', topics: ['hello-world', 'news'] };
const bob: User = { name: 'bob', password: 'a hash', topics: [] };
const users = [alice, bob];

describe('addUser', () => {
  it('adds one with a hash of the password, in the order of names', async () => {
    const added = await addUser([bob], 'alice', PASSWORD, ['news', 'news', 'hello-world']);
    expect(added).toEqual([{ name: 'alice', password: expect.any(String), topics: ['news', 'hello-world'] }, bob]);
    expect(await verifyPassword(PASSWORD, added[0]!.password)).toBe(true);
  });

  it.each([
    ['a name that is there', 'alice', PASSWORD, [], 'there is a user alice already'],
    ['a name that is none', 'Carol', PASSWORD, [], /^"Carol" is no name for a user: expected 1 to 64 lower-case/],
    ['no name', '', PASSWORD, [], /^"" is no name for a user/],
    ['a topic that is none', 'carol', PASSWORD, ['a b'], /^"a b" is no name for a topic: /],
    ['no password', 'carol', '', [], 'a password has at least 12 characters'],
    ['a password too short', 'carol', 'x'.repeat(11), [], 'a password has at least 12 characters'],
    ['a password too long', 'carol', 'x'.repeat(1025), [], 'a password has at most 1024 characters'],
  ])('refuses %s', async (_, name, password, topics, expected) => {
    const adding = addUser(users, name, password, topics);
    await expect(adding).rejects.toThrow(expected);
    await expect(adding).rejects.toBeInstanceOf(UsersError);
  });
});

describe('removeUser', () => {
  it('removes one', () => {
    expect(removeUser(users, 'alice')).toEqual([bob]);
  });
});

describe('grantTopics', () => {
  it('adds topics to those that are granted, each once, in order', () => {
    expect(grantTopics(users, 'alice', ['a', 'news'])).toEqual([
      { ...alice, topics: ['a', 'hello-world', 'news'] },
      bob,
    ]);
  });

  it('asks which', () => {
    expect(() => grantTopics(users, 'alice', [])).toThrow(new UsersError('which topic may alice see?'));
  });

  it('refuses a name that no topic can have', () => {
    expect(() => grantTopics(users, 'alice', ['a b'])).toThrow(/^"a b" is no name for a topic/);
  });
});

describe('revokeTopics', () => {
  it('takes the topics that are named', () => {
    expect(revokeTopics(users, 'alice', ['news'])).toEqual([{ ...alice, topics: ['hello-world'] }, bob]);
  });

  it('takes all where none is named', () => {
    expect(revokeTopics(users, 'alice', [])).toEqual([{ ...alice, topics: [] }, bob]);
  });

  it('says what is granted when something else is to be taken', () => {
    expect(() => revokeTopics(users, 'alice', ['news', 'sport'])).toThrow(
      new UsersError('alice does not see sport, but hello-world, news'),
    );
    expect(() => revokeTopics(users, 'bob', ['sport'])).toThrow(new UsersError('bob does not see sport, but nothing'));
  });
});

describe('changePassword', () => {
  it('changes the hash and nothing else', async () => {
    const [changed, ...others] = await changePassword(users, 'alice', PASSWORD);
    expect(changed).toEqual({ ...alice, password: expect.stringMatching(/^\$scrypt\$/) });
    expect(await verifyPassword(PASSWORD, changed!.password)).toBe(true);
    expect(others).toEqual([bob]);
  });

  it('refuses a password too short', async () => {
    await expect(changePassword(users, 'alice', 'short')).rejects.toThrow(UsersError);
  });
});

describe('a user that there is not', () => {
  it.each([
    ['remove', () => removeUser(users, 'carol')],
    ['grant', () => grantTopics(users, 'carol', ['news'])],
    ['revoke', () => revokeTopics(users, 'carol', [])],
    ['password', () => changePassword(users, 'carol', PASSWORD)],
  ])('cannot be changed by %s, which says who there is', async (_, change) => {
    await expect((async () => change())()).rejects.toThrow(
      new UsersError('there is no user carol; there is alice, bob'),
    );
  });

  it('is told from nobody at all', () => {
    expect(() => removeUser([], 'carol')).toThrow(new UsersError('there is no user carol; there is none'));
  });
});

describe('describeUsers', () => {
  it('is a table without passwords', () => {
    const table = 'USER   TOPICS\nalice  hello-world, news\nbob    -\n';
    expect(describeUsers(users)).toBe(table);
  });

  it('says that there is nobody', () => {
    expect(describeUsers([])).toBe('There is no user yet.\n');
  });
});
