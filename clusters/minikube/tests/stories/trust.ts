import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { findChromium } from '../../../../apps/consumer/testing/chromium.ts';
import { atHome, type Story, URLS } from '../testing/story.ts';

/** Whether a trust store can be looked into. */
export const hasCertutil = (): boolean => {
  try {
    execFileSync('sh', ['-c', 'command -v certutil']);
    return true;
  } catch {
    return false;
  }
};

/** What is in the trust store of that home. */
export const trusted = (home: string): string =>
  execFileSync('certutil', ['-L', '-d', `sql:${home}/.pki/nssdb`]).toString();

/** The browser knows prod's certificate, when its user wants that. */
export const trust = (story: Story): void => {
  it('is trusted by a browser after ./bootstrap.sh trust', async ({ skip }) => {
    skip(!hasCertutil(), 'certutil is missing: sudo apt-get install libnss3-tools');
    const env = atHome(story.home);
    const browse = async () => {
      const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'], env });
      onTestFinished(() => browser.close());
      return browser.newPage();
    };
    await expect((await browse()).goto(URLS.prod)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    for (let time = 0; time < 2; time += 1)
      expect(await story.clone.runWith({ env }, 'bootstrap.sh', 'trust')).toContain('.pki/nssdb');
    const page = await browse();
    expect((await page.goto(URLS.prod))?.status()).toBe(200);
    // Strict-Transport-Security is of prod, though the name is everybody's.
    expect((await page.goto(URLS.default))?.url()).toBe(`${URLS.default}/`);
    expect(trusted(story.home).match(/hello-world in minikube/g)).toHaveLength(1);
  });
};
