import { createHash } from 'node:crypto';
import { WatchedFiles, type Logger } from '@hello/service';
import type { Account, Accounts } from './accounts.ts';
import { parseUsers, type User } from './accounts-file.ts';
import { hashPassword, verifyPassword } from './password.ts';

const DIGITS = 12;

interface Known {
  account: Account;
  passwordHash: string;
}

interface Content {
  users: Map<string, Known>;
  digest: string;
}

/** Accounts from a file, which is read again when it changes. */
export class FileAccounts implements Accounts {
  readonly #file: WatchedFiles<Content>;
  readonly #listeners: (() => void)[] = [];
  /** Of no account: what the password of an unknown name is compared with. */
  readonly #nobody = hashPassword('');

  /** @throws {StartError} when the file cannot be read, or is wrong. */
  constructor(path: string, logger: Logger) {
    this.#file = new WatchedFiles({
      setting: 'ACCOUNTS_FILE',
      paths: [path],
      parse: ([text]) => ({
        users: new Map(parseUsers(text!).map((user) => [user.name, toKnown(user)])),
        digest: digestOf(text!),
      }),
      logger,
      onChange: () => this.#listeners.forEach((listener) => listener()),
    });
  }

  /** The first digits of the SHA-256 of the file that is in force, by which one sees that a change was taken. */
  get digest(): string {
    return this.#file.value.digest;
  }

  find(name: string): Account | undefined {
    return this.#file.value.users.get(name)?.account;
  }

  async signIn({ account: name = '', password = '' }: Record<string, string>): Promise<Account | undefined> {
    const known = this.#file.value.users.get(name);
    const isRight = await verifyPassword(password, known?.passwordHash ?? (await this.#nobody));
    // Looked up again: it may have been taken away meanwhile.
    const account = this.find(name);
    return known && isRight && account?.credential === known.account.credential ? account : undefined;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#file.close();
  }
}

function toKnown({ name, topics, password }: User): Known {
  return { account: { name, topics, credential: digestOf(password) }, passwordHash: password };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}
