import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createCertificate } from '../../service/testing/certificate.ts';
import { formatUsers, type User } from '../src/access/accounts-file.ts';
import { hashPassword } from '../src/access/password.ts';

/** A password of the users here. Its hash is made once, since that is slow on purpose. */
export const PASSWORD = 'correct horse battery staple';
const passwordHash = hashPassword(PASSWORD);

/** The files that a secured consumer reads, in a folder that ends with the test. */
export class SecuredFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'secured-'));

  private constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true }));
  }

  /** Makes a certificate, a key for sessions, and accounts with their topics. */
  static async create(grants: Record<string, string[]> = {}): Promise<SecuredFiles> {
    const files = new SecuredFiles();
    files.makeCertificate();
    files.writeKeys([newKey()]);
    await files.writeUsers(grants);
    return files;
  }

  /** The variables that name them. */
  get env() {
    return {
      TLS_CERT: join(this.folder, 'tls.crt'),
      TLS_KEY: join(this.folder, 'tls.key'),
      ACCOUNTS_FILE: join(this.folder, 'accounts.json'),
      SESSION_KEYS_FILE: join(this.folder, 'keys.json'),
    };
  }

  /** A certificate of its own for this machine, another one each time. */
  makeCertificate(days = 1): void {
    const { cert, key } = createCertificate(days);
    writeFileSync(this.env.TLS_CERT, cert);
    writeFileSync(this.env.TLS_KEY, key);
  }

  async writeUsers(grants: Record<string, string[]>, password = passwordHash): Promise<void> {
    const hash = await password;
    const users: User[] = Object.entries(grants).map(([name, topics]) => ({ name, password: hash, topics }));
    writeFileSync(this.env.ACCOUNTS_FILE, formatUsers(users));
  }

  writeKeys(keys: object[]): void {
    writeFileSync(this.env.SESSION_KEYS_FILE, JSON.stringify({ keys }));
  }
}

/** A new key for sessions. */
export function newKey(): { kty: 'oct'; kid: string; k: string } {
  return { kty: 'oct', kid: randomBytes(4).toString('hex'), k: randomBytes(32).toString('base64url') };
}
