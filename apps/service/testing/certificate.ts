import { execFileSync } from 'node:child_process';

/** A certificate of its own for this machine, another one each time, and its key. */
export function createCertificate(days = 1): { cert: string; key: string } {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-'];
  const made = execFileSync('openssl', ['req', '-x509', '-days', String(days), ...subject, ...key], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const start = made.indexOf('-----BEGIN CERTIFICATE');
  return { cert: made.slice(start), key: made.slice(0, start) };
}
