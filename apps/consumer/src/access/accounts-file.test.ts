import { describe, expect, it } from 'vitest';
import { formatUsers, parseUsers, type User } from './accounts-file.ts';

const HASH = `$scrypt$ln=15,r=8,p=3$${'a'.repeat(22)}$${'b'.repeat(43)}`;
const alice: User = { name: 'alice', password: HASH, topics: ['hello-world', 'news'] };
const fileOf = (...users: object[]) => JSON.stringify({ users });

describe('parseUsers', () => {
  it('reads what was written', () => {
    const users = [alice, { ...alice, name: 'bob.b-2_x', topics: [] }, { ...alice, name: 'a'.repeat(64) }];
    expect(parseUsers(formatUsers(users))).toEqual(users);
    expect(parseUsers(formatUsers([]))).toEqual([]);
  });

  it.each([
    ['a password that is no hash', fileOf({ ...alice, password: 'hunter2' }), /^users\.0\.password: expected a hash/],
    ['a name that is none', fileOf({ ...alice, name: 'Hunter2!' }), /^users\.0\.name: expected 1 to 64 lower-case/],
    ['a name too long', fileOf({ ...alice, name: 'a'.repeat(65) }), /^users\.0\.name: expected 1 to 64/],
    ['a topic that is none', fileOf({ ...alice, topics: ['hunter2 !'] }), /^users\.0\.topics\.0: /],
    ['a missing list of topics', fileOf({ name: 'alice', password: HASH }), /^users\.0\.topics: /],
    ['a misspelt field', fileOf({ ...alice, topic: 'hunter2' }), /^users\.0: .*topic/],
    ['a name that comes twice', fileOf(alice, alice), 'the file: expected no name twice'],
    ['something else', '{}', /^users: /],
    ['no JSON', 'hunter2', 'it is not JSON'],
  ])('refuses %s without quoting it', (_, text, expected) => {
    expect(() => parseUsers(text)).toThrow(expected);
    expect(() => parseUsers(text)).not.toThrow(/hunter2|\$scrypt/i);
  });
});
