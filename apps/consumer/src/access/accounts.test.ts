import { rmSync } from 'node:fs';
import type * as Crypto from 'node:crypto';
import { scrypt } from 'node:crypto';
import { StartError } from '@hello/service';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestContext } from '../../../service/testing/context.ts';
import { PASSWORD, SecuredFiles } from '../../testing/secured.ts';
import { Accounts } from './accounts.ts';
import { hashPassword } from './password.ts';

vi.mock('node:crypto', { spy: true });
const derive = (await vi.importActual<typeof Crypto>('node:crypto')).scrypt;

afterEach(() => void vi.mocked(scrypt).mockReset());

async function start(grants: Record<string, string[]>) {
  const files = await SecuredFiles.create(grants);
  const { logger } = createTestContext();
  const accounts = new Accounts(files.env.ACCOUNTS_FILE, logger);
  onTestFinished(() => accounts.close());
  const changed = () => new Promise<void>((resolve) => accounts.onChange(resolve));
  return { files, accounts, changed };
}

const signIn = (accounts: Accounts, name: string, password = PASSWORD) => accounts.signIn(name, password);

describe('Accounts', () => {
  it('lets in who knows the password of the account, with what it may see', async () => {
    const { accounts } = await start({ alice: ['hello-world', 'news'], bob: [] });
    const alice = await signIn(accounts, 'alice');
    expect(alice).toEqual({
      name: 'alice',
      topics: ['hello-world', 'news'],
      credential: expect.stringMatching(/^[\da-f]{12}$/),
    });
    expect(accounts.find('alice')).toEqual(alice);
  });

  it('lets in nobody else', async () => {
    const { accounts } = await start({ alice: ['hello-world'] });
    for (const password of ['', 'wrong', PASSWORD.toUpperCase()]) {
      expect(await signIn(accounts, 'alice', password)).toBeUndefined();
    }
    for (const name of ['', 'bob', 'Alice', 'constructor']) {
      expect(await signIn(accounts, name)).toBeUndefined();
      expect(await signIn(accounts, name, '')).toBeUndefined();
      expect(accounts.find(name)).toBeUndefined();
    }
  });

  it('works as much for a name that nobody has as for a wrong password', async () => {
    const { accounts } = await start({ alice: [] });
    await signIn(accounts, 'nobody');
    const work = async (name: string) => {
      vi.mocked(scrypt).mockClear();
      await signIn(accounts, name, 'wrong');
      return vi.mocked(scrypt).mock.calls.map(([password, , length, cost]) => ({ password, length, cost }));
    };
    const known = await work('alice');
    expect(known).toEqual([{ password: 'wrong', length: 32, cost: expect.objectContaining({ N: 2 ** 15 }) }]);
    expect(await work('nobody')).toEqual(known);
  });

  it('follows the file, and tells everyone who asked to be told', async () => {
    const { files, accounts, changed } = await start({ alice: ['hello-world'] });
    const { digest } = accounts;
    const before = accounts.find('alice')!;
    const told = Promise.all([changed(), changed()]);
    await files.writeUsers({ alice: ['news'], bob: [] });
    await told;
    expect(accounts.find('alice')).toEqual({ ...before, topics: ['news'] });
    expect(accounts.find('bob')).toBeDefined();
    expect(accounts.digest).toMatch(/^[\da-f]{12}$/);
    expect(accounts.digest).not.toBe(digest);
  });

  it('has another credential for another password', async () => {
    const { files, accounts, changed } = await start({ alice: [] });
    const before = accounts.find('alice')!.credential;
    const told = changed();
    await files.writeUsers({ alice: [] }, hashPassword('a new password'));
    await told;
    expect(accounts.find('alice')!.credential).not.toBe(before);
    expect(await signIn(accounts, 'alice')).toBeUndefined();
    expect(await signIn(accounts, 'alice', 'a new password')).toBeDefined();
  });

  it.each([
    ['refuses who is removed', {}, undefined, undefined],
    ['refuses who gets another password', { alice: ['news'] }, hashPassword('another'), undefined],
    ['gives the new grants to who gets some', { alice: ['news'] }, undefined, ['news']],
  ])('%s while the password is checked', async (_, grants, password, expected) => {
    const { files, accounts, changed } = await start({ alice: ['hello-world'] });
    const hold = Promise.withResolvers<void>();
    vi.mocked(scrypt).mockImplementation((...args: unknown[]) => {
      void hold.promise.then(() => (derive as (...all: unknown[]) => void)(...args));
    });
    const signingIn = signIn(accounts, 'alice');
    await vi.waitFor(() =>
      expect(scrypt).toHaveBeenCalledWith(PASSWORD, ...Array.from({ length: 4 }, () => expect.anything())),
    );
    const told = changed();
    await files.writeUsers(grants, password);
    await told;
    hold.resolve();
    expect((await signingIn)?.topics).toEqual(expected);
  });

  it('does not start without its file', async () => {
    const { files } = await start({});
    rmSync(files.env.ACCOUNTS_FILE);
    const open = () => new Accounts(files.env.ACCOUNTS_FILE, createTestContext().logger);
    expect(open).toThrow(new StartError(`ACCOUNTS_FILE: ${files.env.ACCOUNTS_FILE} cannot be read (ENOENT)`));
  });
});
