import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificate } from '../../service/testing/certificate.ts';
import { MissingError } from './missing-error.ts';

/** The files of a certificate, as servers are given it. */
export interface Certificate {
  certFile: string;
  keyFile: string;
}

/**
 * Makes a certificate for this machine, which is there as long as it is used.
 *
 * @throws {MissingError} where there is no openssl.
 */
export async function withCertificate<T>(use: (certificate: Certificate) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-tls-'));
  try {
    const { cert, key } = make();
    const certificate = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
    writeFileSync(certificate.certFile, cert);
    writeFileSync(certificate.keyFile, key);
    return await use(certificate);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function make(): ReturnType<typeof createCertificate> {
  try {
    return createCertificate();
  } catch (error) {
    throw new MissingError(`openssl makes no certificate: ${(error as Error).message}`, { cause: error });
  }
}
