import { createHash } from 'node:crypto';
import { WatchedFiles, type Logger } from '@hello/service';
import { parseUsers, type User } from './accounts-file.ts';
import { hashPassword, verifyPassword } from './password.ts';

const DIGITS = 12;

/** Somebody who may see some topics. */
export interface Account {
  name: string;
  topics: string[];
  /** Changes with what the account signs in by, so that sessions from before a change end. Not a secret. */
  credential: string;
}

interface Known {
  account: Account;
  passwordHash: string;
}

interface Content {
  users: Map<string, Known>;
  digest: string;
}

/** Who may see what: accounts from a file, which is read again when it changes. */
export class Accounts {
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

  /** The account of that name as it is now. */
  find(name: string): Account | undefined {
    return this.#file.value.users.get(name)?.account;
  }

  /** The account that signs in, or nothing when the password is not its. Takes as long for a name that nobody has. */
  async signIn(name: string, password: string): Promise<Account | undefined> {
    const known = this.#file.value.users.get(name);
    const isRight = await verifyPassword(password, known?.passwordHash ?? (await this.#nobody));
    // Looked up again: it may have been taken away meanwhile.
    const account = this.find(name);
    return known && isRight && account?.credential === known.account.credential ? account : undefined;
  }

  /** Calls the listener after each change to any account. */
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
