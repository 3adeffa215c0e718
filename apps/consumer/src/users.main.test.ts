import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatUsers, parseUsers, type User } from './access/accounts-file.ts';
import { verifyPassword } from './access/password.ts';

const MAIN = fileURLToPath(new URL('users.main.ts', import.meta.url));
const PASSWORD = 'correct horse battery staple';
const alice: User = {
  name: 'alice',
  password: `$scrypt$ln=15,r=8,p=3$${'a'.repeat(22)}$${'b'.repeat(43)}`,
  topics: ['hello-world'],
};
const file = formatUsers([alice]);

function run(args: string[], input: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { input, env: {}, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('users.main.ts', () => {
  it('adds a user with the password of the first line', async () => {
    const { status, stdout, stderr } = run(['add', 'bob', 'news', 'sport'], `${PASSWORD}\n${file}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [first, bob] = parseUsers(stdout);
    expect(first).toEqual(alice);
    expect(bob).toMatchObject({ name: 'bob', topics: ['news', 'sport'] });
    expect(await verifyPassword(PASSWORD, bob!.password)).toBe(true);
    expect(stdout).not.toContain(PASSWORD);
  });

  it('changes a password', async () => {
    const { stdout } = run(['password', 'alice'], `${PASSWORD}\n${file}`);
    expect(await verifyPassword(PASSWORD, parseUsers(stdout)[0]!.password)).toBe(true);
  });

  it.each([
    [['grant', 'alice', 'news'], [{ ...alice, topics: ['hello-world', 'news'] }]],
    [['revoke', 'alice'], [{ ...alice, topics: [] }]],
    [['remove', 'alice'], []],
  ])('needs no password to %j', (args, users) => {
    expect(run(args, `\n${file}`)).toEqual({ status: 0, stdout: formatUsers(users), stderr: '' });
  });

  it('lists who sees what', () => {
    expect(run(['list'], `\n${file}`)).toEqual({
      status: 0,
      stdout: 'USER   TOPICS\nalice  hello-world\n',
      stderr: '',
    });
  });

  it.each([
    [['toString', 'bob'], `\n${file}`, /^there is no command toString; there is add, remove, .*, list\n$/],
    [['remove', 'bob'], `\n${file}`, /^there is no user bob; there is alice\n$/],
    [['list'], '\nhunter2', /^it is not JSON\n$/],
    // What could be taken for a password is none.
    [
      ['add', 'bob'],
      JSON.stringify({ users: [] }),
      /^expected a password in the first line, maybe an empty one, and then/,
    ],
  ])('changes nothing and says why: %j', (args, input, expected) => {
    const { status, stdout, stderr } = run(args, input);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/hunter2|scrypt/);
  });
});
