import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { createCertificate } from '../../service/testing/certificate.ts';
import { certificateEnd } from './certificate-end.ts';

const endOf = (cert: string) => Date.parse(new X509Certificate(cert).validTo) / 1000;

it('is when the certificate ends', () => {
  const { cert } = createCertificate(5);
  expect(certificateEnd(cert)).toBe(endOf(cert));
  expect(certificateEnd(cert) - Date.now() / 1000).toBeCloseTo(5 * 86_400, -2);
});

it('is when the first of a chain ends, wherever that stands', () => {
  const [long, short] = [createCertificate(9).cert, createCertificate(3).cert];
  for (const chain of [long + short, `subject=CN = localhost\n${short}\n${long}`])
    expect(certificateEnd(chain)).toBe(endOf(short));
});

it.each(['X509 CERTIFICATE', 'TRUSTED CERTIFICATE'])('knows a certificate that is called %s', (name) => {
  const { cert } = createCertificate(5);
  expect(certificateEnd(cert.replaceAll('CERTIFICATE', name))).toBe(endOf(cert));
});
