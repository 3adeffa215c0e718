import { X509Certificate } from 'node:crypto';

/** By each of its names in OpenSSL, which `X509Certificate` takes, too. */
const CERTIFICATE = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/**
 * When a certificate ends, in seconds since 1970.
 *
 * @param pem its file. Where that has those above it too, none of them can be done without: the first end counts.
 */
export function certificateEnd(pem: string): number {
  const ends = [...pem.matchAll(CERTIFICATE)].map(([one]) => new X509Certificate(one).validToDate.getTime());
  return Math.min(...ends) / 1000;
}
